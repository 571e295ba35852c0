import Foundation
import Lockstep
import Testing
import TestSupport

@testable import LockstepCLI

/// JSON lists, gzip, `--upsert` and `--skip-errors`.
@Suite struct ImportFormatTests {
    private static func gzip(_ folder: String, _ name: String) throws {
        let gzip = Process()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", "-f", "\(folder)/\(name)"]
        try gzip.run()
        gzip.waitUntilExit()
        try #require(gzip.terminationStatus == 0)
    }

    @Test(arguments: [
        "[{\"_id\": 1}, {\"_id\": 2}]",
        "\u{FEFF} \n[\n  {\"_id\": 1,\n \"a\": \"] , \\\" {\"},\r\n{\"_id\": 2}\n]\n\n",
        "[{\"_id\": 1, \"a\": [[{}], \"\\\\\"]},{\"_id\": 2}]",
    ])
    func aListIsReadElementByElement(text: String) async throws {
        let project = try Project(try TestServer.uri())
        let ending = try await project.lockstep("import", "-", "--into", "docs", input: text)
        #expect(ending.status == 0 && ending.out == "2 documents inserted into docs\n", "\(ending)")
        #expect(
            try await project.lockstep("import", "-", "--into", "docs", input: "[]").out.hasPrefix(
                "0 documents"))
    }

    @Test(arguments: [
        ("[{\"_id\": 1},\n7]", "standard input:2: not a JSON document", 1),
        ("[{\"_id\": 1},\n[{}]]", "standard input:2: a list within the list", 1),
        ("[{\"_id\": 1}\n{\"_id\": 2}]", "standard input:2: a comma is missing", 1),
        ("[{\"_id\": 1},\n{\"_id\": 2}", "standard input:2: the list has no `]`", 2),
        ("[{\"_id\": 1},\n{\"_id\":", "standard input:2: a document of the list that does not end", 1),
        ("[{\"_id\": 1}]\n{}", "standard input:2: something stands behind the end", 1),
    ])
    func whatIsWrongInAListIsNamed(text: String, reason: String, count: Int) async throws {
        let project = try Project(try TestServer.uri())
        let ending = try await project.lockstep("import", "-", "--into", "docs", input: text)
        #expect(ending.status == 1 && ending.err.contains(reason), "\(ending)")
        #expect(ending.err.contains("`--upsert`"), "\(ending)")
        #expect(try project.count("docs") == count)
    }

    @Test func whatIsGzippedIsUnpacked() async throws {
        let project = try Project(try TestServer.uri())
        let lines = (0..<20_000).map { "{\"_id\": \($0), \"text\": \"a text of some words \($0)\"}\n" }
        try project.write("a.jsonl", lines.prefix(10_000).joined())
        try project.write("b.jsonl", lines.dropFirst(10_000).joined())
        for name in ["a.jsonl", "b.jsonl"] { try Self.gzip(project.folder, name) }
        func file(_ name: String) -> Data {
            FileManager.default.contents(atPath: "\(project.folder)/\(name)") ?? Data()
        }
        // Two members, as `cat a.gz b.gz` makes them.
        try (file("a.jsonl.gz") + file("b.jsonl.gz")).write(
            to: URL(fileURLWithPath: "\(project.folder)/all.gz"))
        let ending = try await project.lockstep("import", "all.gz", "--into", "docs")
        #expect(ending.status == 0 && ending.out == "20000 documents inserted into docs\n", "\(ending)")

        try file("a.jsonl.gz").dropLast(100).write(to: URL(fileURLWithPath: "\(project.folder)/cut.gz"))
        let cut = try await project.lockstep("import", "cut.gz", "--into", "cut")
        #expect(cut.status == 1 && cut.err.contains("cut.gz: cannot be unpacked after line"), "\(cut)")
        #expect(cut.err.contains("the file is cut off"), "\(cut)")
        var damaged = file("a.jsonl.gz")
        damaged.replaceSubrange(2000..<2100, with: Data(repeating: 0xFF, count: 100))
        try damaged.write(to: URL(fileURLWithPath: "\(project.folder)/bad.gz"))
        let bad = try await project.lockstep("import", "bad.gz", "--into", "bad")
        #expect(bad.status == 1 && bad.err.contains("bad.gz"), "\(bad)")
    }

    @Test func upsertReplacesWhatIsThere() async throws {
        let project = try Project(try TestServer.uri())
        try project.command(["insert": "docs", "documents": [["_id": 1, "text": "old", "more": 1]]])
        let text =
            "{\"text\": \"new\", \"_id\": 1}\n{\"_id\": 2}\n{\"text\": \"without\"}\n{\"$set\": {\"a\": 1}, \"_id\": 3}\n"
        let ending = try await project.lockstep("import", "-", "--into", "docs", "--upsert", input: text)
        #expect(
            ending.status == 0 && ending.out == "3 documents inserted into docs, 1 replaced\n", "\(ending)")
        #expect(try project.document(1) == ["_id": 1, "text": "new"])
        // An operator's name at the head of a document is no update.
        #expect(try project.document(3)?["$set"]?.document == ["a": 1])
        let again = try await project.lockstep(
            "import", "-", "--into", "docs", "--upsert", "--json", input: "{\"_id\": 2}\n")
        #expect(again.out == "{\"inserted\": 0, \"replaced\": 1}\n")
    }

    @Test func wrongDocumentsAreSkippedWhereThatIsAskedFor() async throws {
        let project = try Project(try TestServer.uri())
        let text =
            "{\"_id\": 1}\nnot this\n{\"_id\": 1}\n{\"_id\": [1]}\n{\"_id\": 2}\n{\"_id\": 3, \"a\": \"\\ud83d\"}\n"
        let ending = try await project.lockstep("import", "-", "--into", "docs", "--skip-errors", input: text)
        #expect(
            ending.status == 1 && ending.out == "2 documents inserted into docs, 4 skipped\n", "\(ending)")
        for (line, reason) in [
            (2, "not a JSON document"), (3, "another document has the same key"),
            (4, "cannot be of type array"), (6, "half of a character"),
        ] {
            let said =
                ending.err.split(separator: "\n").first { $0.contains("standard input:\(line): ") } ?? ""
            #expect(said.contains(reason) && said.hasSuffix("(skipped)"), "\(line): \(ending)")
        }
        #expect(try project.count("docs") == 2)
        let list = try await project.lockstep(
            "import", "-", "--into", "list", "--skip-errors", "--json", input: "[{}, 7, {\"a\": }, {}]")
        #expect(list.status == 1 && list.out == "{\"inserted\": 2, \"skipped\": 2}\n", "\(list)")
    }

    @Test func whereItStoppedAndHowToGoOnIsSaid() async throws {
        let project = try Project(try TestServer.uri())
        let ending = try await project.lockstep(
            "import", "-", "--into", "docs", input: "{\"_id\": 1}\n{\"_id\": 2}\nnot this\n{\"_id\": 4}\n")
        #expect(ending.err.contains("standard input:3: "), "\(ending)")
        #expect(
            ending.err.contains("The 2 documents before it were inserted, those behind it were not"),
            "\(ending)")
        #expect(ending.err.contains("`--skip-errors`"), "\(ending)")
    }

    @Test(arguments: [
        (#"{"a": "\ud83d\ude00"}"#, nil), (#"{"a": "\ud83d"}"#, #"\ud83d"#),
        (#"{"a": "\ude00"}"#, #"\ude00"#),
        (#"{"a": "\ud83d\ud83d\ude00"}"#, #"\ud83d"#), (#"{"a": "\\ud83d"}"#, nil),
        (#"{"a": "\\\ud83d"}"#, #"\ud83d"#),
        (#"{"a": "\u00e4"}"#, nil), (#"{"a": "\uD83Dx"}"#, #"\uD83D"#), (#"{"a": "\u12"#, nil), ("\\", nil),
    ])
    func halfOfACharacterIsFound(text: String, escape: String?) {
        #expect(LoneSurrogate.first(in: Array(text.utf8)[...]) == escape)
    }

    @Test func aListLargerThanTheBufferIsReadWithoutHoldingIt() throws {
        let folder = TestServer.temporaryDirectory("list")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let element = "{\"a\": \"\(String(repeating: "x", count: 1000))\"}"
        let text = "[" + Array(repeating: element, count: 5000).joined(separator: ",\n") + "]"
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/a.json"))
        let file = try DocumentFile.open(folder + "/a.json")
        var count = 0
        var largest = 0
        while let batch = try file.next() {
            count += batch.documents.count
            largest = max(largest, batch.documents.count)
        }
        #expect(count == 5000 && largest == 1000 && file.isList == false)
    }
}
