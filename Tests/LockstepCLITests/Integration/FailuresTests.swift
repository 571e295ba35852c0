import Foundation
import Lockstep
import Testing
import TestSupport

/// `failures list` and `failures retry` as an operator uses them.
@Suite struct FailuresTests {
    private static let id = "64b7f0f0f0f0f0f0f0f0f0f0"

    /// A project whose model has refused some documents.
    private func parked() async throws -> Project {
        let project = try Project(try TestServer.uri())
        let documents: [BSONValue] = [
            ["_id": 1, "text": "bad"], ["_id": "two", "text": "bad"], ["_id": 3, "text": "good"],
            BSONValue(
                try BSONDocument(json: #"{"_id": {"$oid": "\#(Self.id)"}, "text": "bad"}"#)),
        ]
        try project.command(["insert": "docs", "documents": BSONValue(documents)])
        try await project.running { _ in
            let waited = try await project.lockstep("wait")
            #expect(waited.status == 0, "\(waited)")
        }
        return project
    }

    @Test func documentsAreTriedAgainByTheIDsThatPeoplePaste() async throws {
        let project = try await parked()
        for id in ["1", "two", "\"two\"", Self.id, "ObjectId('\(Self.id)')"] {
            let ending = try await project.lockstep("failures", "retry", "--id", id)
            #expect(
                ending.status == 0 && ending.out.hasPrefix("1 parked document will be tried again"),
                "\(id): \(ending)")
            #expect(ending.out.contains("the next `lockstep run`"), "\(ending)")
        }
        let none = try await project.lockstep("failures", "retry", "--id", "7")
        #expect(none.status == 0, "\(none)")
        #expect(none.out.contains("no document with the _id 7 (a number; "), "\(none)")
        #expect(none.out.contains("'\"7\"'"), "\(none)")
        let json = try await project.lockstep("failures", "retry", "--id", "none", "--json")
        #expect(json.out == "{\"retried\": 0}\n")
    }

    @Test(arguments: [["list"], ["list", "--by-reason"], ["list", "--json"], ["retry"]])
    func aListenerThatIsNoneIsAnError(command: [String]) async throws {
        let project = try Project(try TestServer.uri())
        let ending = try await Running(
            ["failures"] + command + ["--listener", "docs/text/lenght"], in: project.folder
        ).ending()
        #expect(ending.status == 64 && ending.out.isEmpty, "\(ending)")
        #expect(ending.err.contains("did you mean `docs/text/length`?"), "\(ending)")
    }

    @Test func theyAreListedByListenerAndLimitAndGroupedByReason() async throws {
        let project = try await parked()
        let some = try await project.lockstep("failures", "list", "--limit", "2")
        #expect(some.out.contains("… and 1 document more: `--limit 0` shows all"), "\(some)")
        #expect(some.lines.count == 4)
        #expect(try await project.lockstep("failures", "list", "--limit", "0").lines.count == 4)
        let json = try await project.lockstep("failures", "list", "--limit", "1", "--json")
        #expect(json.lines.count == 1)
        let own = try await project.lockstep("failures", "--listener", "docs/text/length", "--json")
        #expect(own.lines.count == 3, "\(own)")

        let grouped = try await project.lockstep("failures", "list", "--by-reason")
        #expect(
            grouped.lines.count == 2 && grouped.lines[1].hasPrefix("        3  docs/text/length"),
            "\(grouped)")
        #expect(grouped.lines[1].contains("not this"), "\(grouped)")
        let group = try BSONDocument(
            json: try await project.lockstep("failures", "list", "--by-reason", "--json").out)
        #expect(group["count"]?.int == 3 && group["listener"]?.string == "docs/text/length")
        #expect(group["reason"]?.string?.contains("not this") == true && group["document"] != nil)

        // What is parked of a listener that the file has no more is found still.
        try project.configure(model: "{exec: [python3, length.py], version: \"1\"}", on: "others")
        let gone = try await project.lockstep("failures", "list", "--listener", "docs/text/length", "--json")
        #expect(gone.status == 0 && gone.lines.count == 3, "\(gone)")
        let empty = try await project.lockstep("failures", "list", "--listener", "others/text/length")
        #expect(empty.out == "no document of others/text/length is parked\n", "\(empty)")
    }
}
