import Foundation
import Lockstep
import Testing
import TestSupport

/// `lockstep show`: one document as Lockstep sees it.
@Suite struct ShowTests {
    private func show(_ project: Project, _ id: String) async throws -> BSONDocument {
        let ending = try await project.lockstep("show", "docs", id, "--json")
        #expect(ending.status == 0, "\(ending)")
        let document = try BSONDocument(json: ending.out)
        return try #require(document["listeners"]?.array?.first?.document)
    }

    @Test func eachStateOfADocumentIsToldWithItsReason() async throws {
        let project = try Project(try TestServer.uri())
        try project.insert([(1, "fresh"), (2, "bad"), (3, "old"), (5, "gone")])
        try project.command(["insert": "docs", "documents": [["_id": "four"]]])
        try await project.running { _ in
            let waited = try await project.lockstep("wait")
            #expect(waited.status == 0, "\(waited)")
        }
        try project.update(3, ["$set": ["text": "another"]])
        try project.update(5, ["$unset": ["text": 1]])
        try project.insert([(6, "new")])

        for (id, state, reason) in [
            ("1", "fresh", "of this input"), ("2", "parked", "not this"), ("3", "stale", "an earlier input"),
            ("four", "fresh", "there is no input"), ("5", "extra", "there is no input"),
            ("6", "missing", "no `lockstep run` follows"),
        ] {
            let seen = try await show(project, id)
            #expect(seen["state"]?.string == state, "\(id): \(seen.json)")
            #expect(seen["reason"]?.string?.contains(reason) == true, "\(id): \(seen.json)")
        }
        let fresh = try await show(project, "1")
        #expect(fresh["input"]?.string == "fresh" && fresh["output"]?.int == 5)
        #expect(fresh[path: "provenance.version"]?.string == "1")
        #expect(fresh[path: "provenance.ofThisInput"]?.bool == true)
        let parked = try await show(project, "2")
        #expect(parked[path: "failure.attempts"]?.int ?? 0 > 0)

        #expect(try await project.lockstep("pause", "docs/text/length").status == 0)
        let paused = try await show(project, "6")
        #expect(paused["paused"]?.bool == true)
        #expect(paused["reason"]?.string?.contains("paused by") == true, "\(paused.json)")

        let people = try await project.lockstep("show", "docs", "1")
        #expect(people.out.contains("docs/text/length  fresh, paused"), "\(people)")
        #expect(people.out.contains("text: a text of 5 characters: \"fresh\""), "\(people)")
        #expect(people.out.contains("_outputs.text.length: 5"), "\(people)")
    }

    @Test func aDocumentThatIsNotThereAndACollectionThatNobodyReads() async throws {
        let project = try Project(try TestServer.uri())
        let none = try await project.lockstep("show", "docs", "7")
        #expect(
            none.status == 1 && none.err.contains("has no document with the _id 7 (a number; "), "\(none)")
        let other = try await project.lockstep("show", "dosc", "7")
        #expect(other.status == 64 && other.err.contains("did you mean `docs`?"), "\(other)")
    }

    @Test func aVectorIsToldByItsFirstNumbers() async throws {
        let project = try Project(
            try TestServer.uri(), model: "{exec: [python3, vector.py], version: \"1\", vectors: bson}")
        try project.write(
            "vector.py",
            """
            import json, sys
            for line in sys.stdin:
                request = json.loads(line)
                print(json.dumps({"id": request["id"], "predictions": [[0.5] * 384 for _ in request["inputs"]]}), flush=True)
            """)
        try project.insert([(1, "a")])
        #expect(try await project.lockstep("verify", "--repair").status == 0)
        let ending = try await project.lockstep("show", "docs", "1")
        #expect(ending.out.contains("a vector of 384 numbers: [0.5, 0.5, 0.5, …]"), "\(ending)")
    }
}
