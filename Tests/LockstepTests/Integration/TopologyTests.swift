import Foundation
import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// Deployments that become what the driver's memory of them contradicts, while a watcher runs.
@Suite struct TopologyTests {
    /// Watches a set of one, has something done to it meanwhile, and sees that changes are followed afterwards.
    private func following(
        _ options: String = "&replicaSet=own",
        _ change: (OwnServer, LogLines) async throws -> Void
    ) async throws {
        let server = try OwnServer()
        try await server.start()
        try await server.initiate()
        let lines = LogLines()
        let db = try await Database.connect(server.uri(options), database: "shop", log: lines.logger)
        try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
        let watcher = DatabaseWatcher(
            db: db, options: WatcherOptions(reconcileEvery: .milliseconds(200)))
        try await watcher.watch()
        try await server.run(["insert": "docs", "documents": [["_id": 1, "text": "abc"]]], on: "shop")
        try await watcher.waitUntilFresh()
        try await change(server, lines)
        try await eventually("it writes again") {
            (try? await server.run(
                [
                    "update": "docs",
                    "updates": [["q": ["_id": 2], "u": ["$set": ["text": "after"]], "upsert": true]],
                ], on: "shop")) != nil
        }
        try await server.waitForOutput(of: ["_id": 2], length: 5)
        try await eventually("it is available") { watcher.isAvailable() }
        try await watcher.waitUntilFresh()
        try await watcher.stop()
        try await server.stop()
    }

    @Test func aMemberThatWasStartedOnceWithoutItsSetIsFollowedAgain() async throws {
        try await following { server, _ in
            try await server.stop()
            try await server.start(isMember: false)
            try await server.run(["insert": "docs", "documents": [["_id": 3, "text": "alone"]]], on: "shop")
            try await server.waitForDriver()
            try await server.stop()
            try await server.start()
            try await server.waitForPrimary()
        }
    }

    @Test func anOlderBackupThatIsPutBackIsFollowed() async throws {
        let backup = TestServer.temporaryDirectory("backup")
        try await following { server, _ in
            try await server.stop()
            try server.copyFiles(to: backup)
            // Elections and writes that the backup does not know.
            for text in ["one", "two", "three"] {
                try await server.start()
                try await server.waitForPrimary()
                try await eventually("it takes writes") {
                    (try? await server.run(
                        ["insert": "docs", "documents": [["text": BSONValue(text)]]], on: "shop")) != nil
                }
                try await server.waitForOutput(of: ["text": BSONValue(text)], length: text.count)
                try await server.stop()
            }
            try server.putBack(backup)
            try await server.start()
            try await server.waitForPrimary()
        }
    }

    @Test func aBackupOfThePresentTermIsFollowedThoughItsPositionIsStillToCome() async throws {
        let backup = TestServer.temporaryDirectory("backup")
        // No set in the URI: the driver takes whatever is there.
        try await following("") { server, _ in
            try await server.stop()
            try server.copyFiles(to: backup)
            try await server.start()
            try await server.waitForPrimary()
            try await server.run(["insert": "docs", "documents": [["text": "lost"]]], on: "shop")
            try await server.waitForOutput(of: ["text": "lost"], length: 4)
            try await server.stop()
            try server.putBack(backup)
            try await server.start()
            try await server.waitForPrimary()
        }
    }

    @Test func aSetThatIsMadeAnewIsFollowed() async throws {
        try await following { server, _ in
            try await server.stop()
            try server.putBack(nil)
            try await server.start()
            try await server.initiate()
        }
    }

    @Test func aMemberThatIsRenamedAndBackIsFollowed() async throws {
        try await following { server, _ in
            func rename(_ host: String) async throws {
                let reply = try await server.run(["replSetGetConfig": 1])
                let config = try #require(reply["config"]?.document)
                let fields = config.map { key, value -> (String, BSONValue) in
                    switch key {
                    case "version": (key, BSONValue((value.int ?? 1) + 1))
                    case "members": (key, [["_id": 0, "host": BSONValue(host)]])
                    default: (key, value)
                    }
                }
                try await server.run(["replSetReconfig": BSONValue(BSONDocument(fields)), "force": true])
                try await server.waitForPrimary()
            }
            let before = try await server.connectionsOfDriver()
            try await rename("localhost:\(server.port)")
            try await server.waitForDriver(beside: before)
            try await rename(server.host)
        }
    }

    // MARK: Another kind of deployment

    @Test func aStandaloneServerThatBecomesAReplicaSetHasItsStreamFollowed() async throws {
        let server = try OwnServer()
        try await server.start(isMember: false)
        let lines = LogLines()
        let db = try await Database.connect(server.uri(), database: "shop", log: lines.logger)
        try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
        // So seldom that only the stream can bring it.
        try await watching(db, options: WatcherOptions(reconcileEvery: .seconds(100_000))) { watcher in
            #expect(!db.deployment.hasChangeStreams)
            try await server.stop()
            try await server.start()
            try await server.initiate()
            do {
                try await eventually("it follows the stream", timeout: .seconds(60)) {
                    db.deployment.hasChangeStreams && watcher.isAvailable()
                }
            } catch {
                Issue.record("\(error): \(lines.all) \(db.deployment) \(watcher.status())")
                throw error
            }
            try await server.run(["insert": "docs", "documents": [["_id": 1, "text": "abc"]]], on: "shop")
            try await eventually("it is predicted") { try await db.output("text.length", of: 1) == 3 }
            try await watcher.waitUntilFresh()
        }
        try await server.stop()
    }

    @Test func aReplicaSetThatBecomesAStandaloneServerIsAudited() async throws {
        let server = try OwnServer()
        try await server.start()
        try await server.initiate()
        let lines = LogLines()
        let db = try await Database.connect(server.uri(), database: "shop", log: lines.logger)
        try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
        try await watching(db, options: WatcherOptions(reconcileEvery: .milliseconds(200))) { watcher in
            try await watcher.waitUntilFresh()
            try await server.stop()
            try await server.start(isMember: false)
            try await server.run(["insert": "docs", "documents": [["_id": 1, "text": "abc"]]], on: "shop")
            try await eventually("the audit finds it") { try await db.output("text.length", of: 1) == 3 }
            #expect(!db.deployment.hasChangeStreams)
            #expect(watcher.isAvailable())
            #expect(!lines.containing("standalone server now").isEmpty, "\(lines.all)")
        }
        try await server.stop()
    }

    // MARK: What a server demands

    @Test func aServerThatDemandsAnAPIVersionIsToldOne() async throws {
        let server = try OwnServer()
        try await server.start()
        try await server.initiate()
        let db = try await Database.connect(server.uri(), database: "shop")
        try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
        try await watching(db) { watcher in
            try await server.run(["setParameter": 1, "requireApiVersion": true])
            // Another one, which learns of it from the beginning.
            let writer = try await Database.connect(server.uri("&replicaSet=own"), database: "shop")
            try await writer[docs].insertMany([["text": "abc"]])
            try await eventually("it is predicted") { (try? await db.audit())?.first?.fresh == 1 }
            try await watcher.waitUntilFresh()
        }
        try await server.stop()
    }

    @Test func aServerThatReadsNoCollectionWithoutAnIndexIsServedAsAnyOther() async throws {
        let server = try OwnServer()
        try await server.start()
        try await server.initiate()
        try await server.run(["setParameter": 1, "notablescan": true])
        let db = try await Database.connect(server.uri(), database: "shop")
        let model = Fragile()
        model.become(.refuses("bad"))
        try await db.add(Listener(model: model, on: docs, key: "text", where: ["lang": "en"]))
        try await db.add(Listener(model: TextLength("other"), on: Collection("more"), key: "text"))
        try await db[docs].insertMany([
            ["_id": 1, "text": "abc", "lang": "en"], ["_id": 2, "text": "bad", "lang": "en"],
            ["_id": 3, "text": "no"],
        ])
        try await watching(db, options: WatcherOptions(identifier: "lockstep")) { watcher in
            try await watcher.waitUntilFresh()
            #expect(try await db.output("text.fragile", of: 1) == 3)
            #expect(try await db.failures().count == 1)
            let listener = try #require(db.listeners.first?.id)
            #expect(try await db.parked.page(listener: listener, after: nil, limit: 10).total == 1)
            #expect(try await db.retryFailures() == 1)
            #expect(try await db.retryFailures(listener: listener) == 1)
            #expect(try await db.retryFailures(listener: listener, document: 2) == 1)
            try await db.waitForDaemon(timeout: .seconds(60))
            #expect(try await db.audit().map(\.failed) == [1, 0])
            #expect(try await db.listenerCheck.sampleInputs().count == 1)
            try await db.rights.run()
            try await db.rights.checkMajority()
            try await watcher.pause(listener: listener)
            try await watcher.resume(listener: listener)
            try await db[docs].updateMany(["_id": 2], ["$set": ["text": "good"]])
            try await watcher.waitUntilFresh()
            #expect(try await db.failures().isEmpty)
            // What is parked of listeners that are gone is forgotten.
            try db.setListeners([])
            try await eventually("it goes on without them") {
                watcher.hasListenersOfNow && watcher.isAvailable()
            }
        }
        let reader = DatabaseWatcher(db: db)
        try db.setListeners([Listener(model: TextLength(version: "2"), on: docs, key: "text")])
        try await reader.repair()
        #expect(try await db.audit()[0].isFresh)
        try await server.stop()
    }
}
