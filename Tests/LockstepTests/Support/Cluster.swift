import EmbeddedMongo
import Foundation
@testable import Lockstep
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestSupport

/// Threads for what blocks long: starting servers, waiting for elections.
let blocking = BlockingThreads(name: "tests")

/// A replica set of three members: for elections, rollbacks and outages. Shared by tests that run one after another.
final class Cluster: Sendable {
    let members: [MongodProcess]
    let uri: String
    /// To each member alone, whatever the others are.
    let direct: [Connection]

    static let shared = Task { try await blocking.run { try Cluster() } }

    private init() throws {
        let set = EmbeddedReplicaSet(
            binary: try MongodBinary.find(directory: TestServer.packageRoot),
            directory: TestServer.temporaryDirectory("cluster"),
            ports: [try TestServer.freePort(), try TestServer.freePort(), try TestServer.freePort()],
            // For MongoDB's own means to hold back a member's replication.
            arguments: ["--setParameter", "enableTestCommands=1"])
        // A primary that is asked to end waits for its secondaries; nobody needs the files.
        TestServer.endings.append { for member in set.members { member.kill() } }
        try set.start()
        members = set.members
        // Short, so that a test need not wait long; and long enough for a loaded machine.
        uri =
            set.uri
            + "&serverSelectionTimeoutMS=3000&connectTimeoutMS=3000&socketTimeoutMS=6000&heartbeatFrequencyMS=500"
        direct = try members.map { member in
            try Connection.open(
                uri:
                    "mongodb://127.0.0.1:\(member.port)/?directConnection=true&serverSelectionTimeoutMS=3000&connectTimeoutMS=3000&socketTimeoutMS=20000&heartbeatFrequencyMS=500",
                database: "admin")
        }
        // The set that was just begun may still be taking in its first configuration.
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                try configure()
                return
            } catch let error as MongoError where error.source == .server && .now < deadline {
                blockThread(seconds: 0.2)
            }
        }
    }

    /// No member is preferred, so that none takes over by itself; who is elected does not wait for what it lacks.
    private func configure() throws {
        let reply = try run(["replSetGetConfig": 1], on: 0)
        let config = try #require(reply["config"]?.document)
        let fields = config.map { key, value -> (String, BSONValue) in
            switch key {
            case "version": (key, BSONValue((value.int ?? 1) + 1))
            case "members":
                (
                    key,
                    BSONValue(
                        members.enumerated().map { index, member in
                            [
                                "_id": BSONValue(index), "host": BSONValue("127.0.0.1:\(member.port)"),
                                "priority": 1,
                            ]
                        })
                )
            case "settings":
                (
                    key,
                    [
                        "electionTimeoutMillis": 4000, "heartbeatIntervalMillis": 500,
                        "catchUpTimeoutMillis": 0,
                    ]
                )
            default: (key, value)
            }
        }
        try run(["replSetReconfig": BSONValue(BSONDocument(fields)), "force": true], on: 0)
    }

    @discardableResult
    func run(_ command: BSONDocument, on member: Int, database: String = "admin") throws -> BSONDocument {
        try direct[member].run(command, on: database, operation: command.first { _ in true }?.key ?? "")
    }
}

// MARK: Who is what

extension Cluster {
    /// The primary, as soon as one takes writes.
    func primary() async throws -> Int {
        var found: Int?
        try await eventually("there is a primary", timeout: .seconds(60)) { [self] in
            found = try await blocking.run { [self] in
                let claims = members.indices.compactMap { member -> (Int, String)? in
                    guard let hello = try? run(["hello": 1], on: member),
                        hello["isWritablePrimary"]?.bool == true
                    else { return nil }
                    return (member, hello["electionId"]?.description ?? "")
                }
                // One that was paused may not know of its successor yet.
                return claims.max { $0.1 < $1.1 }?.0
            }
            return found != nil
        }
        return try #require(found)
    }

    func secondaries() async throws -> [Int] {
        let primary = try await primary()
        return members.indices.filter { $0 != primary }
    }

    /// Everybody runs, replicates, and is primary or secondary.
    func heal() async throws {
        try await blocking.run { [self] in
            for member in members {
                member.resume()
                if !member.isRunning { try member.start() }
            }
        }
        try await eventually("all members are well", timeout: .seconds(90)) { [self] in
            try await blocking.run { [self] in
                let states = members.indices.map { member in
                    try? run(["replSetGetStatus": 1], on: member)["myState"]?.int
                }
                return states.sorted { ($0 ?? 99) < ($1 ?? 99) } == [1, 2, 2]
            }
        }
        for member in members.indices { try await release(member) }
    }

    /// Makes this one primary.
    func stepUp(_ member: Int) async throws {
        try await eventually("member \(member) is primary", timeout: .seconds(60)) { [self] in
            try await blocking.run { [self] in
                if (try? run(["hello": 1], on: member))?["isWritablePrimary"]?.bool == true { return true }
                _ = try? run(["replSetStepUp": 1], on: member)
                return false
            }
        }
    }

    /// This one replicates nothing any more, though it is there: what is written is on the primary alone.
    func holdBack(_ member: Int) async throws {
        try await blocking.run { [self] in
            let reply = try run(["configureFailPoint": "stopReplProducer", "mode": "alwaysOn"], on: member)
            let entered = reply["count"]?.int ?? 0
            try run(
                [
                    "waitForFailPoint": "stopReplProducer", "timesEntered": BSONValue(entered + 1),
                    "maxTimeMS": 15000,
                ], on: member)
        }
    }

    func release(_ member: Int) async throws {
        _ = try await blocking.run { [self] in
            try run(["configureFailPoint": "stopReplProducer", "mode": "off"], on: member)
        }
    }
}

// MARK: What is stored

extension Cluster {
    /// A document as that member alone has it, whether or not it will last.
    func one(_ id: BSONValue, in collection: String, of db: Database, on member: Int) throws -> BSONDocument?
    {
        let reply = try run(
            [
                "find": BSONValue(collection), "filter": ["_id": ["$eq": id]],
                "readConcern": ["level": "local"],
            ], on: member, database: db.name)
        return reply[path: "cursor.firstBatch"]?.array?.first?.document
    }

    /// Every position that was saved and lasted, in the order of the oplog.
    func savedPositions(of db: Database) async throws -> [(position: BSONTimestamp, at: BSONTimestamp)] {
        let primary = try await primary()
        return try await blocking.run { [self] in
            let reply = try run(
                [
                    "find": "oplog.rs",
                    "filter": [
                        "ns": BSONValue("\(db.name).lockstep.checkpoints"), "op": ["$in": ["i", "u"]],
                    ],
                    "sort": ["$natural": 1], "batchSize": 100_000,
                ], on: primary, database: "local")
            return (reply[path: "cursor.firstBatch"]?.array ?? []).compactMap { entry in
                guard let entry = entry.document, let at = entry["ts"]?.timestamp else { return nil }
                let paths = ["o.diff.u.clusterTime", "o.diff.i.clusterTime", "o.clusterTime"]
                guard let position = paths.lazy.compactMap({ entry[path: $0]?.timestamp }).first else {
                    return nil
                }
                return (position, at)
            }
        }
    }
}

/// Runs it again as long as the servers are not ready, as a client of theirs would.
func retrying<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
        do {
            return try await body()
        } catch let error as MongoError where error.isTransient && .now < deadline {
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
