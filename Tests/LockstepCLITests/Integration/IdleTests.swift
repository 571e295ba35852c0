import EmbeddedMongo
import Foundation
import Lockstep
import Testing
import TestSupport

/// What a daemon asks of MongoDB while nothing happens.
@Suite struct IdleTests {
    /// Listeners, collections, and documents that are parked.
    private func project(_ uri: String) throws -> Project {
        let project = try Project(uri)
        let listeners = (0..<10).map { "  - {model: length, on: docs\($0), key: text}" }
        try project.write(
            "lockstep.yaml",
            """
            mongodb: {uri: "\(project.uri)", database: \(project.database)}
            models:
              length: {exec: [python3, length.py], version: "1"}
            listeners:
            \(listeners.joined(separator: "\n"))
            server: {port: \(try TestServer.freePort())}
            """)
        for number in 0..<10 {
            try project.command([
                "insert": BSONValue("docs\(number)"),
                "documents": [["_id": 1, "text": "good"], ["_id": 2, "text": "bad"]],
            ])
        }
        return project
    }

    @Test func whileNobodyLooksMongoDBGetsTheStreamTheLeaseAndThePositionAndNothingElse() async throws {
        // Of its own: the server's counters are of all databases.
        let server = EmbeddedReplicaSet(
            binary: try TestServer.mongod(), directory: TestServer.temporaryDirectory("idle"),
            ports: [try TestServer.freePort()])
        try server.start()
        defer { server.stop() }
        let project = try project(server.uri)
        try await project.running { daemon in
            try await daemon.says("following changes")
            try project.command(["profile": 2])
            var last = ""
            do {
                // What came before may take its time on a loaded machine.
                try await eventually("there is some rest") {
                    let (since, before, begin) = (Date(), try project.commands(), ContinuousClock.now)
                    try await lasting("a rest in which nothing else may come", .seconds(10))
                    let (after, writes) = (try project.commands(), try project.profile(since: since))
                    // Of each at most one a second.
                    let seconds = Int((ContinuousClock.now - begin) / .seconds(1)) + 1
                    // The profiler leaves the stream's getMores out.
                    let counts = after.merging(before) { $0 - $1 }.filter { $0.value > 0 }
                    last = "\(counts) \(writes) in \(seconds) s"
                    // The test itself asks, and drivers greet.
                    let others = ["hello", "isMaster", "serverStatus", "endSessions"]
                    return counts.keys.allSatisfy { (others + ["getMore", "update"]).contains($0) }
                        && counts["getMore"] ?? 0 <= seconds
                        && writes.keys.sorted() == ["update lockstep.checkpoints", "update lockstep.leases"]
                        && writes.values.allSatisfy { $0 <= seconds }
                }
            } catch {
                Issue.record("what came last: \(last)")
                throw error
            }
            let since = Date()
            try project.command(["insert": "docs0", "documents": [["_id": 3, "text": "one more"]]])
            try await lasting("a while in which nobody counts what has changed", .seconds(3))
            #expect(!(try project.profile(since: since)).keys.contains { $0.hasPrefix("count ") })
            try project.command(["profile": 0])
        }
    }

    @Test func whileSomebodyLooksWhatIsParkedIsCountedOnlyWhenItMayHaveChanged() async throws {
        let project = try project(try TestServer.uri())
        try await project.running { daemon in
            try await daemon.says("following changes")
            let watch = try project.start("status", "--watch", "--json", "--interval", "0.2")
            try await eventually("what is parked is counted") { watch.out.contains("\"failed\" : 1") }
            try project.command(["profile": 2])
            try await eventually("there are three seconds without a count of what is parked") {
                let since = Date()
                try await lasting("a rest in which none may come", .seconds(3))
                let commands = try project.profile(since: since)
                return !commands.keys.contains { $0.hasSuffix("lockstep.failures") }
            }
            try project.command(["insert": "docs3", "documents": [["_id": 3, "text": "bad"]]])
            try await eventually("one more is counted") { watch.out.contains("\"failed\" : 2") }
            try project.command(["profile": 0])
            _ = try await watch.stop(SIGINT)
        }
    }
}

extension Project {
    /// How often each command met each collection, as `find docs`.
    fileprivate func profile(since: Date) throws -> [String: Int] {
        let milliseconds = Int64(since.timeIntervalSince1970 * 1000)
        let reply = try command([
            "find": "system.profile",
            "filter": ["ts": ["$gte": BSONValue(millisecondsSince1970: milliseconds)]], "batchSize": 100_000,
        ])
        var counts: [String: Int] = [:]
        for entry in reply[path: "cursor.firstBatch"]?.array?.compactMap(\.document) ?? [] {
            let operation = entry["op"]?.string ?? ""
            let name = entry["command"]?.document?.first { _ in true }?.key ?? ""
            let collection = String((entry["ns"]?.string ?? "").dropFirst(database.count + 1))
            guard collection != "system.profile", name != "profile", name != "serverStatus" else { continue }
            counts["\(operation == "command" ? name : operation) \(collection)", default: 0] += 1
        }
        return counts
    }

    /// How often each command came to the server since its start.
    fileprivate func commands() throws -> [String: Int] {
        let reply = try command(["serverStatus": 1])
        var counts: [String: Int] = [:]
        for (name, value) in reply[path: "metrics.commands"]?.document ?? BSONDocument() {
            if let total = value.document?["total"]?.int { counts[name] = total }
        }
        return counts
    }
}
