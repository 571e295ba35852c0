import Foundation
import Lockstep
import Testing
import TestSupport

/// `lockstep plan` on a real replica set.
struct PlanTests {
    private func plan(_ project: Project, _ arguments: String...) async throws -> BSONDocument {
        let ending = try await Running(
            (arguments.isEmpty ? ["plan"] : arguments) + ["--json"], in: project.folder
        )
        .ending()
        #expect(ending.status == 0, "\(ending)")
        let document = try BSONDocument(json: ending.out)
        #expect(document.map(\.key) == ["listeners"])
        return try #require(document["listeners"]?.array?.first?.document)
    }

    @Test func whatIsNotFreshIsCountedAndNothingIsAsked() async throws {
        let project = try Project(TestServer.uri())
        try project.insert([(1, "one"), (2, "two"), (3, "one"), (4, "bad")])
        try project.command(["insert": "docs", "documents": [["_id": 5, "other": 1]]])
        let before = try await plan(project)
        #expect(
            before.map(\.key) == [
                "listener", "documents", "toCompute", "distinct", "tokens", "price", "seconds", "removals",
            ])
        #expect(before["listener"]?.string == "docs/text/length")
        #expect(before["documents"]?.int == 4 && before["toCompute"]?.int == 4)
        #expect(before["distinct"]?.int == 3 && before["removals"]?.int == 0)
        #expect(before["tokens"] == .null && before["price"] == .null && before["seconds"] == .null)
        #expect(project.calls.isEmpty)
        #expect(try project.document(1)?["_outputs"] == nil)
        #expect(try await plan(project, "run", "--dry-run") == before)
        #expect(project.calls.isEmpty)
        let collections = try project.command(["listCollections": 1])[path: "cursor.firstBatch"]?.array
        #expect(collections?.count == 1, "\(collections ?? [])")
    }

    @Test func whatIsFreshOrParkedIsNotComputedAndWhatHasNoInputIsRemoved() async throws {
        let project = try Project(TestServer.uri())
        try project.insert([(1, "one"), (2, "two"), (3, "bad")])
        _ = try await project.lockstep("verify", "--repair")
        let fresh = try await plan(project)
        #expect(fresh["documents"]?.int == 3 && fresh["toCompute"]?.int == 0)
        #expect(fresh["seconds"]?.double == 0)
        let nothing = try await project.lockstep("plan")
        #expect(nothing.out.contains("nothing is to be done: everything is fresh or parked"), "\(nothing)")
        try project.update(1, ["$unset": ["text": 1]])
        try project.update(2, ["$set": ["text": "three"]])
        let changed = try await plan(project)
        #expect(changed["toCompute"]?.int == 1 && changed["removals"]?.int == 1)
        #expect(changed["documents"]?.int == 2)
        let text = try await project.lockstep("plan")
        #expect(text.status == 0 && text.out.contains("computes 1 output and removes 1"), "\(text)")
    }

    @Test func anotherVersionIsComputedAnew() async throws {
        let project = try Project(TestServer.uri())
        try project.insert([(1, "one"), (2, "two")])
        _ = try await project.lockstep("verify", "--repair")
        try project.configure(model: "{exec: [python3, length.py], version: \"2\"}")
        #expect(try await plan(project)["toCompute"]?.int == 2)
    }

    @Test func whoReadsAnOutputIsComputedAfterIt() async throws {
        let project = try Project(TestServer.uri())
        try project.insert([(1, "one"), (2, "two"), (3, "three")])
        try project.write(
            "lockstep.yaml",
            """
            mongodb: {uri: "\(project.uri)", database: \(project.database)}
            models:
              length: {exec: [python3, length.py], version: "1"}
            listeners:
              - {model: length, on: docs, key: text}
              - {model: length, on: docs, key: _outputs.text.length, as: again}
            server: off
            """)
        let ending = try await project.lockstep("plan", "--json")
        let listeners = try BSONDocument(json: ending.out)["listeners"]?.array?.compactMap(\.document) ?? []
        #expect(listeners.map { $0["toCompute"]?.int } == [3, 3], "\(ending)")
        let table = try await project.lockstep("plan")
        #expect(table.out.contains("computes 6 outputs") && table.out.contains("\nall "), "\(table)")
    }

    @Test func whatTheMemoHoldsCostsNothing() async throws {
        let project = try Project(
            TestServer.uri(), model: "{exec: [python3, length.py], version: \"1\", memo: true}")
        try project.insert([(1, "one"), (2, "two"), (3, "three")])
        _ = try await project.lockstep("verify", "--repair")
        try await eventually("the memo is written") { try project.count("lockstep.memo") == 3 }
        try project.update(1, ["$unset": ["_outputs": 1, "_lockstep": 1]])
        try project.update(2, ["$unset": ["_outputs": 1, "_lockstep": 1]])
        try project.insert([(4, "new")])
        let table = try await project.lockstep("plan")
        #expect(table.out.contains("computes 3 outputs"), "\(table)")
        #expect(table.out.contains("about 2 inputs of them are in the memo"), "\(table)")
    }

    @Test func whatIsSentBesideATextIsCountedAndPaid() async throws {
        func tokens(_ more: String) async throws -> (count: Int, price: Double) {
            let chat = "{api: chat, url: \"http://127.0.0.1:9/v1\", model: small\(more)}"
            let project = try Project(TestServer.uri(), model: "{http: \(chat), price: 2}")
            try project.insert([(1, "one"), (2, "two")])
            let plan = try await plan(project)
            return (try #require(plan["tokens"]?.int), try #require(plan["price"]?.double))
        }
        let bare = try await tokens("")
        #expect(bare.count == 2)
        let system = String(repeating: "Label what you read. ", count: 500)
        let long = try await tokens(", system: \"\(system)\"")
        #expect(long.count > 2 * 500 * 4 && long.count < 2 * 500 * 6, "\(long)")
        #expect(abs(long.price - Double(long.count) * 2e-6) < 1e-9, "\(long)")
        let twice = try await tokens(", prompt: \"{{input}} {{input}}\"")
        #expect(twice.count == 4)
        let fitting = try await tokens(", schema: {type: string, enum: [good, bad, mixed]}")
        #expect(fitting.count > 2 * 30 && fitting.count < 2 * 120, "\(fitting)")
    }

    @Test func aRunningDaemonDoesNotMatter() async throws {
        let project = try Project(TestServer.uri())
        try project.insert([(1, "one")])
        try await project.running { _ in
            try await eventually("the output is there") { try project.output(1) == 3 }
            let fresh = try await plan(project)
            #expect(fresh["toCompute"]?.int == 0 && fresh["documents"]?.int == 1)
        }
    }
}
