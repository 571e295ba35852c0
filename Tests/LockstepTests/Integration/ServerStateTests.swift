import EmbeddedMongo
import Foundation
@testable import Lockstep
@testable import LockstepCore
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// A server of its own that fails as it is told.
private final class FailingServer: Sendable {
    let uri: String
    let admin: Connection

    static let shared = Task { try await blocking.run { try FailingServer() } }

    private init() throws {
        let set = EmbeddedReplicaSet(
            binary: try TestServer.mongod(), directory: TestServer.temporaryDirectory("failing"),
            ports: [try TestServer.freePort()], arguments: ["--setParameter", "enableTestCommands=1"])
        TestServer.endings.append { set.stop() }
        try set.start()
        uri = set.uri
        admin = try Connection.open(uri: set.uri, database: "admin")
    }

    /// So many updates of a collection fail with a code.
    func fail(_ times: Int, with code: Int, _ namespace: String) throws {
        try admin.run(
            [
                "configureFailPoint": "failCommand", "mode": ["times": BSONValue(times)],
                "data": [
                    "failCommands": ["update"], "errorCode": BSONValue(code),
                    "namespace": BSONValue(namespace),
                ],
            ], operation: "configureFailPoint")
    }

    func blockWrites(_ blocks: Bool) throws {
        try admin.run(
            ["setUserWriteBlockMode": 1, "global": BSONValue(blocks)], operation: "setUserWriteBlockMode")
    }
}

/// A server that answers, and does not do what it is asked.
@Suite(.serialized) struct ServerStateTests {
    private func withServer(
        _ body: (FailingServer, Database, DatabaseWatcher, TextLength, LogLines) async throws -> Void
    ) async throws {
        let server = try await FailingServer.shared.value
        let lines = LogLines()
        let db = try await Database.connect(
            server.uri, database: "t\(UUID().uuidString.prefix(12))", log: lines.logger)
        let model = TextLength()
        try await db.add(Listener(model: model, on: docs, key: "text"))
        try await watching(db) { watcher in try await body(server, db, watcher, model, lines) }
    }

    @Test(arguments: [365, 371, 8000, 14031, 4711, 16755])
    func anErrorOfTheServerIsWaitedForAndTheModelIsNotAskedAgain(code: Int) async throws {
        try await withServer { server, db, watcher, model, lines in
            try server.fail(3, with: code, db.connection.namespace(of: "docs"))
            try await db[docs].insertMany(
                (0..<20).map { ["_id": BSONValue($0), "text": BSONValue("text \($0)")] })
            try await watcher.waitUntilFresh()
            #expect(try await db.audit()[0].fresh == 20)
            #expect(model.inputs.count == 20)
            #expect(try await db.failures().isEmpty)
            #expect(lines.containing("parked").isEmpty)
            #expect(lines.containing("its outputs are not stored").count == 1)
            #expect(lines.containing("its outputs are stored again").count == 1)
            #expect(watcher.status().listeners[0].state == .ok)
        }
    }

    /// The step after the model fails: what it said is kept, refusals too.
    @Test(arguments: [371, 11600])
    func whatCannotBeRecordedIsNotAskedAgain(code: Int) async throws {
        let server = try await FailingServer.shared.value
        let db = try await Database.connect(server.uri, database: "t\(UUID().uuidString.prefix(12))")
        let asked = Counter()
        let model = ClosureModel("picky") { (texts: [String]) -> [Result<Int, InputError>] in
            asked.add(texts.count)
            return texts.map { $0.hasPrefix("bad") ? .failure(InputError("not this")) : .success($0.count) }
        }
        try await db.add(Listener(model: model, on: docs, key: "text"))
        try await watching(db) { watcher in
            try server.fail(2, with: code, db.connection.namespace(of: "lockstep.failures"))
            try await db[docs].insertMany(
                (0..<20).map {
                    ["_id": BSONValue($0), "text": BSONValue($0 < 5 ? "bad \($0)" : "good \($0)")]
                })
            try await watcher.waitUntilFresh()
            #expect(try await db.failures().count == 5)
            #expect(asked.value == 20)
            // A person who asks for them wants the model to be asked.
            #expect(try await db.retryFailures() == 5)
            try await watcher.waitUntilFresh()
            #expect(asked.value == 25)
        }
    }

    @Test func writesThatTheServerBlocksForAWhileArePending() async throws {
        try await withServer { server, db, watcher, model, _ in
            try await db[docs].insertMany([["_id": 0, "text": "before"]])
            try await watcher.waitUntilFresh()
            // Only the updates of its outputs: nobody may insert while all writes are blocked.
            try server.fail(2, with: 371, db.connection.namespace(of: "docs"))
            try await db[docs].insertMany((1..<20).map { ["_id": BSONValue($0), "text": "a"] })
            try server.blockWrites(true)
            try await eventually("it is said") {
                watcher.status().listeners[0].state == .refused
                    || watcher.status().listeners[0].fresh == 20
            }
            try server.blockWrites(false)
            try await watcher.waitUntilFresh()
            #expect(try await db.audit()[0].fresh == 20)
            #expect(model.inputs.count == 20)
            #expect(try await db.failures().isEmpty)
        }
    }

    @Test func aWatcherThatStartsWhileWritesAreBlockedWaits() async throws {
        let server = try await FailingServer.shared.value
        let db = try await Database.connect(server.uri, database: "t\(UUID().uuidString.prefix(12))")
        let model = TextLength()
        try await db.add(Listener(model: model, on: docs, key: "text"))
        try await db[docs].insertMany([["_id": 0, "text": "before"]])
        try server.blockWrites(true)
        let watcher = DatabaseWatcher(db: db)
        async let watching: Void = watcher.watch()
        try await eventually("it says so") {
            watcher.status().fault?.contains("UserWritesBlocked, code 371") == true
        }
        try server.blockWrites(false)
        try await watching
        try await watcher.waitUntilFresh()
        #expect(try await db.audit()[0].fresh == 1)
        try await watcher.stop()
    }
}
