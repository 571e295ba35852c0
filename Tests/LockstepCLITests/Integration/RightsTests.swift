import Lockstep
import Testing
import MongoDriver

/// A server that asks who comes.
@Suite(.serialized) struct RightsTests {
    @Test func readWriteOnTheOneDatabaseIsEnoughForEverything() async throws {
        let project = try Project(try GuardedServer.uri("writer"), database: "guarded")
        let check = try await project.lockstep("check")
        #expect(check.status == 0 && !check.out.contains("s3cret"), "\(check)")
        try project.insert([(1, "abc"), (2, "bad")])
        try await project.running { daemon in
            try await daemon.says("writer:***@")
            #expect(try await project.lockstep("wait").status == 0)
            #expect(try await project.lockstep("status").status == 0)
            #expect(try await project.lockstep("failures", "retry").out.contains("1 parked document"))
            #expect(try await project.verify().report["failed"]?.int == 1)
            #expect(!daemon.err.contains("s3cret"))
        }
        #expect(try project.output(1) == 3)
    }

    @Test func aUserWhoMayOnlyReadIsToldWhatToGrant() async throws {
        let project = try Project(try GuardedServer.uri("reader"), database: "guarded")
        let check = try await project.lockstep("check")
        #expect(check.status == 69 && check.out.contains("FAILED rights: "), "\(check)")
        for command in ["run", "wait"] {
            let ending = try await project.lockstep(command)
            #expect(ending.status == 69, "\(command): \(ending)")
            #expect(ending.err.contains("db.grantRolesToUser"), "\(command): \(ending)")
            #expect(!ending.err.contains("s3cret"))
        }
        // Nothing is written by these.
        #expect(try await project.lockstep("status").status == 0)
    }

    @Test func aWrongPasswordIsToldAtOnce() async throws {
        let project = try Project(try GuardedServer.uri("writer", password: "wr0ng"), database: "guarded")
        let ending = try await project.lockstep("status")
        #expect(ending.status == 69, "\(ending)")
        #expect(ending.err.contains("refuses the log-in") && ending.err.contains("authSource"), "\(ending)")
        #expect(!ending.err.contains("wr0ng"), "\(ending)")
    }

    @Test func aMissingPasswordIsTold() async throws {
        let project = try Project(try GuardedServer.uri(nil), database: "guarded")
        #expect(try await project.lockstep("status").status == 69)
        let check = try await project.lockstep("check")
        #expect(check.status == 69, "\(check)")
        #expect(check.out.components(separatedBy: "requires authentication").count == 2, "\(check)")
    }

    /// A user of the database `guarded` who may do what `readWrite` allows but for some actions.
    private func user(without missing: String...) async throws -> Project {
        let name = "without\(missing.joined())"
        let root = try Connection.open(uri: try GuardedServer.uri("root"), database: "admin")
        let actions = [
            "find", "insert", "update", "remove", "listCollections", "listIndexes", "changeStream",
        ].filter {
            !missing.contains($0)
        }
        let privilege: BSONValue = [
            "resource": ["db": "guarded", "collection": ""],
            "actions": BSONValue(actions.map { BSONValue($0) }),
        ]
        try root.run(
            ["createRole": BSONValue(name), "privileges": [privilege], "roles": []], operation: "createRole")
        try GuardedServer.createUser(
            name, password: "s3cret", roles: [["role": BSONValue(name), "db": "admin"]],
            at: GuardedServer.uri("root"))
        return try Project(try GuardedServer.uri(name), database: "guarded")
    }

    @Test func checkTriesEverythingThatRunDoes() async throws {
        for action in ["listCollections", "remove", "insert", "changeStream"] {
            let project = try await user(without: action)
            let check = try await project.lockstep("check")
            #expect(check.status == 69 && check.out.contains("FAILED rights: "), "\(action): \(check)")
            #expect(check.out.contains("Grant the user `readWrite`"), "\(action): \(check)")
        }
        // Nothing was stored to try it.
        let project = try await user()
        #expect(try await project.lockstep("check").status == 0)
        let connection = try Connection.open(uri: try GuardedServer.uri("root"), database: "guarded")
        for collection in ["checkpoints", "failures", "leases", "pauses", "waits"] {
            let reply = try connection.run(
                ["count": BSONValue("lockstep.\(collection)"), "query": ["_id": "lockstep check"]],
                operation: "count")
            #expect(reply["n"]?.int == 0)
        }
    }

    @Test func whoMayNotRemoveIsStillToldWhenAllIsFresh() async throws {
        let daemon = try Project(try GuardedServer.uri("writer"), database: "guarded")
        try await daemon.running { _ in
            let project = try await user(without: "remove", "changeStream")
            let wait = try await project.lockstep("wait")
            #expect(wait.status == 0, "\(wait)")
        }
    }
}
