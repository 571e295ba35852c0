import Foundation
import Lockstep
import Testing
import TestSupport

/// `lockstep watch` and events that MongoDB does not deliver in one piece.
@Suite struct LargeEventTests {
    @Test func watchGoesOnOverEventsOfMoreThanSixteenMegabytes() async throws {
        let project = try Project(try TestServer.uri())
        // The event names each of the fields that go: 400,000 names of 33 bytes.
        let names = (0..<400_000).map {
            (String($0 + 1_000_000) + String(repeating: "n", count: 26), 1 as BSONValue)
        }
        try project.command([
            "insert": "docs", "documents": [BSONValue(BSONDocument([("_id", 1), ("text", "a")] + names))],
        ])
        let watch = try project.start("watch", "docs")
        var id = 10
        try await eventually("it is open") {
            id += 1
            try project.insert([(id, "a")])
            return !watch.out.isEmpty
        }
        // A document of just under 16 MB: its event has more than that besides. It can be split, the other cannot.
        let large = BSONValue(String(repeating: "x", count: 16_777_100))
        try project.command(["insert": "docs", "documents": [["_id": 2, "text": large]]])
        try project.update(1, ["$unset": BSONValue(BSONDocument(names))])
        try project.insert([(1_000_000, "last")])
        try await watch.says("\"_id\" : 1000000 }")
        let ending = try await watch.stop(SIGINT)
        #expect(ending.status == 0, "\(ending.err)")
        let events = try ending.lines.map { try BSONDocument(json: $0) }
        func event(_ id: Int) throws -> BSONDocument {
            try #require(events.first { $0[path: "documentKey._id"]?.int == id })
        }
        // Where the server splits events it comes whole, else without values, and says so.
        let inserted = try event(2)
        #expect(inserted["splitEvent"] == nil)
        #expect((inserted["fullDocument"] == nil) == (inserted["withoutValues"]?.bool == true))
        #expect((inserted["fullDocument"]?.document?["text"] ?? large) == large)
        let updated = try event(1)
        #expect(updated["operationType"]?.string == "update")
        #expect(updated["withoutValues"]?.bool == true && updated["updateDescription"] == nil)
        #expect(events.last?[path: "fullDocument.text"]?.string == "last")
    }
}
