import Lockstep
import Testing
import TestSupport
import MongoDriver

/// Users and their rights, by both kinds of SCRAM.
@Suite struct LogInTests {
    private static let strange = #"pä$s "w'0:rd/@?#[]%41&+,;=\é✓"#

    /// A project on a database of its own, as a user whom only this test knows.
    private func project(
        mechanisms: [String], password: String = strange, as shown: String? = nil, role: String = "readWrite",
        options: String = ""
    ) async throws -> Project {
        let project = try Project(try GuardedServer.uri("root"))
        let user = "u\(project.database)"
        try GuardedServer.createUser(
            user, password: password, roles: [["role": BSONValue(role), "db": BSONValue(project.database)]],
            mechanisms: mechanisms, at: GuardedServer.uri("root"))
        let encoded = GuardedServer.percentEncoded(shown ?? password)
        return try Project(
            try GuardedServer.uri(user, password: encoded) + options, database: project.database)
    }

    @Test(arguments: ["SCRAM-SHA-1", "SCRAM-SHA-256"])
    func aUserWithReadWriteNeedsNothingMoreWhateverThePassword(mechanism: String) async throws {
        for options in ["", "&authMechanism=\(mechanism)"] {
            let project = try await project(mechanisms: [mechanism], options: options)
            let check = try await project.lockstep("check")
            #expect(check.status == 0, "\(check)")
            try project.insert([(1, "abc"), (2, "bad")])
            try await project.running { _ async throws in
                #expect(try await project.lockstep("wait").status == 0)
                #expect(try await project.lockstep("status").status == 0)
                #expect(try await project.lockstep("failures", "list").out.contains("not this"))
                #expect(try await project.lockstep("failures", "retry").out.contains("1 parked document"))
                #expect(try await project.verify().report["fresh"]?.int == 1)
                #expect(
                    try await project.lockstep(
                        "import", "/dev/stdin", "--into", "docs", input: "{\"_id\": 3}\n"
                    ).status
                        == 0)
            }
            try project.update(1, ["$unset": ["_lockstep": 1]])
            _ = try await project.verify("--repair")
            // The one of `import` has no text, and rightly no output.
            let report = try await project.verify().report
            #expect(report["fresh"]?.int == 1 && report["withoutInput"]?.int == 1, "\(report)")
            #expect(try project.output(1) == 3)
        }
    }

    @Test(arguments: ["SCRAM-SHA-1", "SCRAM-SHA-256"])
    func aWrongPasswordNamesTheUserAndWhereItWasLookedFor(mechanism: String) async throws {
        let project = try await project(mechanisms: [mechanism], as: "wr0ng")
        for command in ["check", "run", "wait", "status", "verify", "failures"] {
            let ending = try await project.lockstep(command)
            let text = ending.out + ending.err
            #expect(ending.status == 69, "\(command): \(ending)")
            #expect(
                text.contains("refuses the log-in of `u\(project.database)`, a user of the database `admin`"),
                "\(ending)")
            #expect(text.contains("Check the user name, the password and `authSource`"), "\(ending)")
            #expect(!text.contains("wr0ng"), "\(ending)")
        }
    }

    @Test func anUnknownUserIsToldTheSame() async throws {
        let project = try Project(try GuardedServer.uri("nobody"), database: "guarded")
        let ending = try await project.lockstep("status")
        #expect(ending.status == 69, "\(ending)")
        #expect(
            ending.err.contains("refuses the log-in of `nobody`, a user of the database `admin`"), "\(ending)"
        )
        let elsewhere = try Project(
            try GuardedServer.uri("writer").replacing("authSource=admin", with: "authSource=shop"),
            database: "guarded")
        let told = try await elsewhere.lockstep("status")
        #expect(told.err.contains("`writer`, a user of the database `shop`"), "\(told)")
    }

    @Test func aUserOfOneCollectionIsToldWhatIsMissing() async throws {
        let name = "one\(Int.random(in: 0..<1_000_000_000))"
        let root = try Connection.open(uri: try GuardedServer.uri("root"), database: "admin")
        let privilege: BSONValue = [
            "resource": ["db": BSONValue(name), "collection": "docs"],
            "actions": ["find", "insert", "update", "remove", "changeStream"],
        ]
        try root.run(
            ["createRole": BSONValue(name), "privileges": [privilege], "roles": []], operation: "createRole")
        try GuardedServer.createUser(
            name, password: "s3cret", roles: [["role": BSONValue(name), "db": "admin"]],
            at: GuardedServer.uri("root"))
        let project = try Project(try GuardedServer.uri(name), database: name)
        for command in ["check", "run", "wait"] {
            let ending = try await project.lockstep(command)
            #expect(ending.status == 69, "\(command): \(ending)")
            let text = ending.out + ending.err
            #expect(
                text.contains("not authorized on \(name)") && text.contains("Grant the user `readWrite`"),
                "\(command): \(ending)")
            #expect(text.contains("{role: \"readWrite\", db: \"\(name)\"}"), "\(ending)")
        }
    }
}
