import EmbeddedMongo
import Foundation
@testable import Lockstep
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// A replica set of one whose oplog holds 16 MB and is cut each second.
final class SmallOplog: Sendable {
    let port: Int
    let uri: String
    private let filler: Connection

    static let shared = Task { try await blocking.run { try SmallOplog() } }

    private init() throws {
        let set = EmbeddedReplicaSet(
            binary: try MongodBinary.find(directory: TestServer.packageRoot),
            directory: TestServer.temporaryDirectory("small"), ports: [try TestServer.freePort()],
            // MongoDB cuts the oplog at checkpoints, once a minute unless it is told otherwise.
            arguments: ["--oplogSize", "16", "--syncdelay", "1"])
        TestServer.endings.append { set.stop() }
        try set.start()
        port = set.members[0].port
        uri = set.uri
        filler = try Connection.open(uri: set.uri, database: "filler\(UUID().uuidString.prefix(8))")
    }

    /// The time of the oldest entry.
    private func oldest() throws -> BSONTimestamp? {
        try filler.run(
            ["find": "oplog.rs", "sort": ["$natural": 1], "limit": 1, "projection": ["ts": 1]], on: "local",
            operation: "find")[path: "cursor.firstBatch"]?.array?.first?.document?["ts"]?.timestamp
    }

    /// Nobody reads a change stream just now: a request on its way would see what is written next, and be ahead of
    /// what is cut.
    private func isUnread() throws -> Bool {
        let reads: BSONDocument = ["op": "getmore", "cursor.tailable": true]
        return try filler.run(
            [
                "aggregate": 1, "pipeline": [["$currentOp": [:]], ["$match": BSONValue(reads)]],
                "cursor": [:],
            ],
            on: "admin", operation: "aggregate")[path: "cursor.firstBatch"]?.array?.isEmpty ?? false
    }

    /// Writes until the history up to now is gone; change streams are to be cut off.
    func roll() async throws {
        try await eventually("no change stream is read") { try self.isUnread() }
        let filler = filler
        let time = try #require(try filler.operationTime())
        let megabyte = BSONValue(binary: [UInt8](repeating: 7, count: 1 << 20))
        var megabytes = 0
        try await eventually("the oplog is cut", timeout: .seconds(90), every: .milliseconds(200)) { [self] in
            // A few more later, since it is cut when something is written.
            let count = megabytes < 32 ? 16 : 2
            megabytes += count
            try await blocking.run {
                let documents = (0..<count).map { _ -> BSONValue in ["of": megabyte] }
                try filler.run(
                    ["insert": "filler", "documents": BSONValue(documents), "writeConcern": ["w": 1]],
                    operation: "insert")
            }
            return try oldest().map { $0 > time } ?? false
        }
        try filler.run(["drop": "filler"], operation: "drop")
    }
}

/// A database of a test's own on it, and what is logged about it.
func withSmallOplog(
    _ body: (SmallOplog, Database, LogLines) async throws -> Void
) async throws {
    let server = try await SmallOplog.shared.value
    let lines = LogLines()
    let name = "t\(UUID().uuidString.prefix(12))"
    let db = try await Database.connect(server.uri, database: name, log: lines.logger)
    try await body(server, db, lines)
    try db.connection.run(["dropDatabase": 1], operation: "dropDatabase")
}
