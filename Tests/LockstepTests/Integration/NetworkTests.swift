import Foundation
@testable import Lockstep
@testable import LockstepEngine
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// The network between the watcher and MongoDB is cut and healed: everything becomes fresh without a restart.
@Suite struct NetworkTests {
    /// A watcher's database behind a proxy, and the same database without.
    private func behindProxy(
        _ body: (TCPProxy, Database, _ direct: Database, LogLines) async throws -> Void
    ) async throws {
        try await withDatabase { direct in
            let proxy = try TCPProxy(to: try #require(try TestServer.replicaSet.get().members.first).port)
            defer { proxy.stop() }
            let lines = LogLines()
            // A cut is noticed within seconds, and a loaded machine is not taken for one.
            let db = try await Database.connect(
                "mongodb://127.0.0.1:\(proxy.port)/?directConnection=true&serverSelectionTimeoutMS=3000&connectTimeoutMS=3000&socketTimeoutMS=3000&heartbeatFrequencyMS=500",
                database: direct.name, log: lines.logger)
            try await body(proxy, db, direct, lines)
        }
    }

    private func fill(_ direct: Database, _ range: Range<Int>) async throws {
        try await direct[docs].insertMany(range.map { ["_id": BSONValue($0), "text": "abc"] })
    }

    @Test func connectionsThatBreakAreMadeAgainAndNothingIsMissed() async throws {
        try await behindProxy { proxy, db, direct, _ in
            let model = TextLength(count: 7)
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                for round in 0..<10 {
                    try await fill(direct, round * 20..<(round + 1) * 20)
                    try direct.update(["_id": BSONValue(round)], ["$set": ["text": "changed"]])
                    // In the middle of reading, computing or storing, wherever it is.
                    try await eventually("some of them are predicted") { model.inputs.count > round * 20 }
                    proxy.disconnect()
                }
                try await retrying { try await watcher.waitUntilFresh() }
                let audit = try await direct.audit(like: db)
                #expect(audit.fresh == 200 && audit.documents == 200, "\(audit)")
                #expect(try await direct.one(3)?[path: "_outputs.text.length"]?.int == 7)
            }
        }
    }

    @Test(arguments: [TCPProxy.Cut.requests, .answers, .both])
    func whatANetworkSwallowsIsMadeUpFor(cut: TCPProxy.Cut) async throws {
        try await behindProxy { proxy, db, direct, lines in
            let (slow, fast) = (Gated(), TextLength())
            try await db.add(Listener(model: slow, on: docs, key: "text"))
            try await db.add(Listener(model: fast, on: docs, key: "other"))
            try await watching(db) { watcher in
                try await fill(direct, 0..<5)
                try await eventually("the model computes") { slow.entered.count == 5 }
                proxy.cut(cut)
                // The outputs are written into the cut; so are these changes past it.
                slow.open()
                try direct.update(["_id": 1], ["$set": ["text": "changed"]])
                try direct.update(["_id": 2], ["$set": ["other": "set"]])
                try await direct[docs].deleteMany(["_id": 3])
                try await fill(direct, 5..<10)
                try await eventually("it is noticed", timeout: .seconds(60)) { !lines.all.isEmpty }
                proxy.heal()
                try await retrying { try await watcher.waitUntilFresh() }
                for report in [try await direct.audit(like: db, 0), try await direct.audit(like: db, 1)] {
                    #expect(report.right == 9 && report.all == 9, "\(report)")
                }
                #expect(try await direct.one(1)?[path: "_outputs.text.gated"]?.int == 7)
                #expect(try await direct.one(2)?[path: "_outputs.other.length"]?.int == 3)
                #expect(fast.inputs == ["set"])
            }
        }
    }

    // The outputs came to stay, and only their acknowledgement is lost.
    @Test func anAcknowledgementThatIsLostCostsNoModelCall() async throws {
        try await behindProxy { proxy, db, direct, _ in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await fill(direct, 0..<5)
                try await eventually("the model computes") { model.entered.count == 5 }
                proxy.cut(.answers)
                model.open()
                try await eventually("the outputs are stored") {
                    try await direct.audit(like: db).fresh == 5
                }
                proxy.heal()
                try await retrying { try await watcher.waitUntilFresh() }
                #expect(model.entered.count == 5)
                #expect(try await direct.audit(like: db).fresh == 5)
            }
        }
    }

    @Test func anOutageOfTenSecondsIsSaidAtItsBeginningAndAtItsEnd() async throws {
        try await behindProxy { proxy, db, direct, lines in
            let model = Gated()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await fill(direct, 0..<5)
                try await eventually("the model computes") { model.entered.count == 5 }
                proxy.cut(.everything)
                model.open()
                try await fill(direct, 5..<10)
                try await lasting("the outage", .seconds(10))
                // The stream and the handlers each say theirs once, however often they try.
                #expect((1...10).contains(lines.all.count), "\(lines.all)")
                proxy.heal()
                try await retrying { try await watcher.waitUntilFresh() }
                #expect(try await direct.audit(like: db).fresh == 10)
                #expect((2...20).contains(lines.all.count), "\(lines.all)")
                // By the stream that opened again, or by the session that began anew.
                let ends =
                    lines.containing("the change stream is open again after")
                    + lines.containing("MongoDB is there again after")
                #expect((1...2).contains(ends.count), "\(lines.all)")
            }
        }
    }

    // A proxy or a firewall that gives up connections again and again, each time before the stream has answered.
    @Test func connectionsThatAreCutAtAnIdlePlaceAreNoLargeEvent() async throws {
        try await behindProxy { proxy, db, direct, lines in
            let model = TextLength()
            try await db.add(Listener(model: model, on: docs, key: "text"))
            try await watching(db) { watcher in
                try await fill(direct, 0..<5)
                try await retrying { try await watcher.waitUntilFresh() }
                for _ in 0..<40 {
                    try await eventually("the stream is open") { watcher.isAvailable() }
                    let before = proxy.connections
                    proxy.disconnect()
                    try await eventually("it is noticed") {
                        !watcher.isAvailable() || proxy.connections > before
                    }
                }
                try await fill(direct, 5..<10)
                try await retrying { try await watcher.waitUntilFresh() }
                #expect(lines.containing("16 MB").isEmpty && lines.containing("cannot go on").isEmpty)
                #expect(model.inputs.count == 10)
                #expect(try await direct.audit(like: db).fresh == 10)
            }
        }
    }

    @Test func thatThereIsAnEventIsKnownWithoutItsDelivery() async throws {
        try await withDatabase { db in
            let stream = ChangeStream(connection: db.connection, collections: ["docs"], pipeline: [])
            let start = StartPlan.Stream.at(try #require(try db.connection.operationTime()))
            try await db[Collection("others")].insertMany([["_id": 1]])
            func hasEvent(isFiltered: Bool) async throws -> Bool {
                try await blocking.run { try stream.hasEvent(behind: start, isFiltered: isFiltered) }
            }
            #expect(try await !hasEvent(isFiltered: true))
            #expect(try await hasEvent(isFiltered: false))
            try await db[docs].insertMany([["_id": 1]])
            #expect(try await hasEvent(isFiltered: true))
        }
    }
}

extension Database {
    /// What an audit of this connection says about a listener of another one.
    fileprivate func audit(like other: Database, _ index: Int = 0) async throws -> ListenerReport {
        if listeners.isEmpty { for listener in other.listeners { try await add(listener) } }
        return try await audit()[index]
    }
}
