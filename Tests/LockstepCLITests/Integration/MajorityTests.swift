import EmbeddedMongo
import Foundation
import Lockstep
import Testing
import TestSupport
import MongoDriver

/// A primary, a secondary, an arbiter, and the secondary down: there is a primary, and no majority that holds data.
@Suite struct MajorityTests {
    private func start() async throws -> (primary: MongodProcess, secondary: MongodProcess, uri: String) {
        let members = try (0..<3).map { index in
            MongodProcess(
                binary: try TestServer.mongod(), directory: TestServer.temporaryDirectory("psa\(index)"),
                port: try TestServer.freePort(), arguments: ["--replSet", "psa"])
        }
        TestServer.endings.append { for member in members { member.kill() } }
        for member in members { try member.start() }
        let hosts = members.enumerated().map { index, member -> BSONValue in
            [
                "_id": BSONValue(index), "host": BSONValue("127.0.0.1:\(member.port)"),
                "priority": index == 0 ? 1 : 0, "arbiterOnly": BSONValue(index == 2),
            ]
        }
        let direct = try Connection.open(
            uri: "mongodb://127.0.0.1:\(members[0].port)/?directConnection=true", database: "admin")
        try direct.run(
            ["replSetInitiate": ["_id": "psa", "members": BSONValue(hosts)]], operation: "replSetInitiate")
        try await eventually("the set has a primary and a secondary") {
            let reply = try? direct.run(["replSetGetStatus": 1], operation: "replSetGetStatus")
            let states = reply?["members"]?.array?.compactMap { $0.document?["state"]?.int } ?? []
            return states.sorted() == [1, 2, 7]
        }
        return (members[0], members[1], "mongodb://127.0.0.1:\(members[0].port)/?replicaSet=psa")
    }

    @Test func withoutAMajorityEverybodySaysSo() async throws {
        let (primary, secondary, uri) = try await start()
        let project = try Project(uri)
        try project.insert([(1, "abc")])
        let daemon = try project.start("run")
        try await daemon.says("caught up")
        secondary.stop()
        // The daemon that runs says so by itself.
        try await daemon.says("No majority of the replica set acknowledges writes")
        let wait = try await project.lockstep("wait", "--timeout", "2")
        #expect(wait.status == 1, "\(wait)")
        #expect(wait.err.contains("No majority of the replica set acknowledges writes"), "\(wait)")
        let check = try await project.lockstep("check")
        #expect(check.status == 69, "\(check)")
        #expect(
            check.out.contains("FAILED majority: No majority of the replica set acknowledges"), "\(check)")
        daemon.send(SIGKILL)
        _ = try await daemon.ending()
        // One that starts now waits, and says why.
        let another = try project.start("run")
        try await another.says("No majority of the replica set acknowledges writes")
        try secondary.start()
        try await another.says("caught up")
        try project.insert([(2, "abcd")])
        #expect(try await project.lockstep("wait").status == 0)
        #expect(try project.output(2) == 4)
        #expect(try await another.stop().status == 0)
        primary.kill()
    }
}
