import Foundation
import Lockstep
import Testing
import TestSupport

/// Typing mistakes in a configuration do not come out green.
@Suite struct MistakeTests {
    private func project(_ listener: String, documents: Int = 20) throws -> Project {
        let project = try Project(try TestServer.uri())
        try configure(project, listener)
        try project.insert((0..<documents).map { ($0, "text \($0)") })
        return project
    }

    private func configure(_ project: Project, _ listener: String) throws {
        try project.write(
            "lockstep.yaml",
            """
            mongodb: {uri: "\(project.uri)", database: \(project.database)}
            models:
              length: {exec: [python3, length.py], version: "1"}
            listeners:
              - \(listener)
            server: off
            """)
    }

    @Test(arguments: [
        ("{model: length, on: dcos, key: text}", "there is no collection `dcos`", "Did you mean `docs`?"),
        (
            "{model: length, on: docs, key: txet}", "no document of `docs` has a value at `txet`",
            "Did you mean `text`?"
        ),
        (
            "{model: length, on: docs, key: Text}", "no document of `docs` has a value at `Text`",
            "Did you mean `text`?"
        ),
        (
            "{model: length, on: docs, key: text.body}", "no document of `docs` has a value at `text.body`",
            "Check `key`"
        ),
        (
            "{model: length, on: docs, key: [text, tilte], as: both}", "has a value at `tilte`",
            "the documents have `text`"
        ),
        (
            "{model: length, on: docs, key: text, where: {lang: en}}",
            "`where` matches no document of `docs`", "texts are compared"
        ),
        (
            "{model: length, on: docs, key: text, where: {_id: \"5\"}}",
            "`where` matches no document of `docs`", "\"5\" is not 5"
        ),
        (
            "{model: length, on: docs, key: text, where: {text: {$regex: '^Text'}}}",
            "`where` matches no document", "Check names"
        ),
    ])
    func aLikelyMistakeIsReportedByEveryCommand(listener: String, message: String, hint: String) async throws
    {
        let project = try project(listener)
        let check = try await project.lockstep("check")
        #expect(check.status == 0 && check.out.contains("warn   listener "), "\(check)")
        #expect(check.out.contains(message) && check.out.contains(hint), "\(check)")
        let status = try BSONDocument(json: try await project.lockstep("status", "--json").out)
        let warning = try #require(status["warnings"]?.array?.first?.document)
        #expect(warning["message"]?.string?.contains(message) == true, "\(warning)")
        let report = try #require(status["listeners"]?.array?.first?.document)
        #expect(report["fresh"]?.int == 0, "\(report)")
        let daemon = try project.start("run")
        try await daemon.says("following changes")
        let ending = try await daemon.stop()
        #expect(ending.err.contains("warning: ") && ending.err.contains(message), "\(ending)")
        let verify = try await project.lockstep("verify")
        #expect(verify.err.contains(message), "\(verify)")
        // One key of a list gives an input, too.
        #expect(verify.out.contains("everything is fresh") == listener.contains("[text,"), "\(verify)")
    }

    @Test(arguments: [
        "{model: length, on: docs, key: text, where: {owner: ObjectId(\"65f0c0ffee65f0c0ffee65f0\")}}",
        "{model: length, on: docs, key: text, where: {at: {$gt: ISODate(\"2024-01-01\")}}}",
        "{model: length, on: docs, key: text, where: {text: /^text/}}",
        "{model: length, on: docs, key: text, where: {n: {gte: 5}}}",
        "{model: length, on: docs, key: text, where: {n: {$gtr: 5}}}",
    ])
    func whatTheShellWritesIsABadConfiguration(listener: String) async throws {
        let project = try project(listener, documents: 1)
        let ending = try await project.lockstep("run")
        #expect(ending.status == 78 && ending.err.contains("lockstep.yaml:5: "), "\(ending)")
    }

    @Test func theOutputsThatAChangedFilterRemovesAreToldBeforeAndCountedAsRemoved() async throws {
        let project = try project("{model: length, on: docs, key: text}")
        try await project.running { daemon in
            try await daemon.says("20 outputs written")
            // With a reload, before the daemon takes it.
            try configure(project, "{model: length, on: docs, key: text, where: {_id: {$lt: 15}}}")
            let reload = try await project.lockstep("reload")
            #expect(
                reload.status == 0 && reload.err.contains("5 outputs are removed from `docs`"), "\(reload)")
            try await eventually("they are removed") { try project.output(17) == nil }
        }
        // With a restart.
        try configure(project, "{model: length, on: docs, key: text, where: {_id: {$lt: 3}}}")
        let check = try await project.lockstep("check")
        #expect(check.out.contains("12 outputs are removed from `docs`"), "\(check)")
        let daemon = try project.start("run")
        try await daemon.says("following changes")
        let ending = try await daemon.stop()
        #expect(
            ending.err.contains("warning: docs/text/length: 12 outputs are removed from `docs`"), "\(ending)")
        #expect(ending.out.contains("caught up (0 outputs written, 12 removed)"), "\(ending)")
        let status = try BSONDocument(json: try await project.lockstep("status", "--json").out)
        let report = try #require(status["listeners"]?.array?.first?.document)
        #expect(report["documents"]?.int == 3 && report["fresh"]?.int == 3, "\(report)")
        #expect(report["withoutInput"]?.int == 17 && status["warnings"]?.array?.isEmpty == true)
    }

    @Test func verifySaysWhoMakesFreshWhatItFinds() async throws {
        let project = try project("{model: length, on: docs, key: text}")
        let ending = try await project.lockstep("verify")
        #expect(
            ending.status == 1
                && ending.out.contains("its audit finds the others within 24 h (`auditEvery`)"), "\(ending)"
        )
        let text = try String(contentsOfFile: project.folder + "/lockstep.yaml", encoding: .utf8)
        try project.write("lockstep.yaml", text + "\nauditEvery: off\n")
        let off = try await project.lockstep("verify")
        #expect(off.out.contains("since `auditEvery` is off"), "\(off)")
    }

    @Test(arguments: [
        "n: {$in: 5}", "$expr: {$gtee: [$n, 5]}", "n: {$regex: '('}", "n: {$mod: [0, 1]}",
        "$where: 'syntax error('",
        "n: {$type: integer}",
    ])
    func aFilterThatMongoDBRefusesIsRefusedBeforeAnythingBegins(filter: String) async throws {
        let listener = "{model: length, on: docs, key: text, where: {\(filter)}}"
        let project = try project(listener, documents: 3)
        for command in ["check", "run", "status", "verify"] {
            let ending = try await project.lockstep(command)
            #expect(ending.status == 78, "\(command): \(ending)")
            #expect((ending.out + ending.err).contains("`docs/text/length`"), "\(command): \(ending)")
        }
        try configure(project, "{model: length, on: docs, key: text}")
        try await project.running { daemon in
            try await daemon.says("following changes")
            try configure(project, listener)
            let reload = try await project.lockstep("reload")
            #expect(reload.status == 78 && reload.err.contains("`where`"), "\(reload)")
            try project.insert([(100, "still followed")])
            try configure(project, "{model: length, on: docs, key: text}")
            #expect(try await project.lockstep("wait").status == 0)
            #expect(try project.output(100) == 14)
        }
    }

    @Test func nothingIsImportedIntoCollectionsOfLockstepsOwn() async throws {
        let project = try project("{model: length, on: docs, key: text}", documents: 1)
        let ending = try await project.lockstep(
            "import", "/dev/stdin", "--into", "lockstep.leases", input: "{\"_id\": 1}\n")
        #expect(ending.status == 64 && ending.err.contains("Lockstep's own"), "\(ending)")
    }
}
