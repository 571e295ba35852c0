import Foundation
import Lockstep
import Testing
import TestSupport

/// What the commands say of outputs that MongoDB refuses.
@Suite struct RefusedOutputTests {
    private static let strict: BSONValue = [
        "$jsonSchema": ["additionalProperties": false, "properties": ["_id": [:], "text": [:]]]
    ]

    @Test func aStaleOutputThatCannotBeReplacedIsToldByEachCommandUntilTheValidatorAllowsIt() async throws {
        let project = try Project(try TestServer.uri())
        try project.insert([(1, "a"), (2, "b")])
        #expect(try await project.lockstep("verify", "--repair").status == 0)
        #expect(try await project.lockstep("check").status == 0)
        try project.command(["collMod": "docs", "validator": Self.strict])
        try project.command([
            "update": "docs", "bypassDocumentValidation": true,
            "updates": [["q": ["_id": 1], "u": ["$set": ["text": "longer"]]]],
        ])
        let check = try await project.lockstep("check")
        #expect(check.status == 1, "\(check)")
        #expect(
            check.out.contains(
                "FAILED outputs: the validator of `docs` refuses Lockstep's fields: allow `_outputs` and `_lockstep` in it"
            ), "\(check)")
        try await project.running { _ in
            try await eventually("wait says so") {
                let wait = try await project.lockstep("wait")
                return wait.status == 1
                    && wait.err.contains("1 output is stale for `docs/text/length`")
                    && wait.err.contains("Allow `_outputs` and `_lockstep` in the validator")
            }
            for command in ["verify", "status"] {
                let ending = try await project.lockstep(command)
                #expect(ending.out.contains("length on docs: MongoDB refuses the output"), "\(ending)")
                #expect(!ending.out.contains("makes it so"), "\(ending)")
                let json = try BSONDocument(json: try await project.lockstep(command, "--json").out)
                let report = json["listeners"]?.array?.first?.document
                #expect(report?["stale"]?.int == 1, "\(json)")
                #expect(report?["refusal"]?.string?.contains("validator") == true, "\(json)")
            }
        }
        let repair = try await project.lockstep("verify", "--repair")
        #expect(repair.status == 1 && repair.out.contains("Allow `_outputs`"), "\(repair)")
        try project.command(["collMod": "docs", "validator": [:]])
        let repaired = try await project.lockstep("verify", "--repair")
        #expect(repaired.status == 0 && repaired.out.contains("everything is fresh"), "\(repaired)")
        #expect(try await project.lockstep("check").status == 0)
    }

    @Test func aValidatorThatAllowsLockstepsFieldsAndAnIndexThatMayRefuseAreTold() async throws {
        let project = try Project(try TestServer.uri())
        try project.insert([(1, "a")])
        try project.command([
            "collMod": "docs",
            "validator": [
                "$jsonSchema": [
                    "additionalProperties": false,
                    "properties": ["_id": [:], "text": [:], "_outputs": [:], "_lockstep": [:]],
                ]
            ],
        ])
        try project.command([
            "createIndexes": "docs",
            "indexes": [["key": ["_outputs.text.length": 1], "name": "lengths", "unique": true]],
        ])
        let check = try await project.lockstep("check")
        #expect(check.status == 0, "\(check)")
        #expect(
            check.out.contains(
                "outputs: the unique index `lengths` on `docs` includes `_outputs.text.length`"), "\(check)")
    }

    @Test(arguments: ["_outputs", "_lockstep"])
    func aValidatorThatIsNoSchemaIsTriedOnADocument(field: String) async throws {
        let project = try Project(try TestServer.uri())
        try project.insert([(1, "a")])
        try project.command(["collMod": "docs", "validator": [field: ["$exists": false]]])
        let check = try await project.lockstep("check")
        #expect(check.status == 1 && check.out.contains("refuses Lockstep's fields"), "\(check)")
        // It is noted alone.
        try project.command(["collMod": "docs", "validationAction": "warn"])
        #expect(try await project.lockstep("check").status == 0)
    }
}
