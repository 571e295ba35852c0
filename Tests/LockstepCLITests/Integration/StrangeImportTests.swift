import Foundation
import Lockstep
import Testing
import TestSupport

/// Files that are not what they should be: the line is named, and what was inserted before it is said.
@Suite struct StrangeImportTests {
    private static let good = "{\"_id\": 1}\n{\"_id\": 2}\n"

    static let lines: [(String, String)] = [
        ("{\"_id\": 3, \"a\": 1, \"a\": 2}", "the name `a` stands twice"),
        ("{\"_id\": 3, \"a\": [{\"b\": {\"c\": 1, \"c\": 2}}]}", "the name `c` stands twice"),
        ("{\"_id\": 3} trailing", "more than one document"),
        ("{\"_id\": 3},", "more than one document"),
        ("[{\"_id\": 3},", "a list"), ("]", "not a JSON document"), ("null", "not a JSON document"),
        ("\u{A0}", "not a JSON document"), ("{\"_id\": 3, \"a\": \"\0\"}", "NUL byte"),
        ("{\"_id\": 3, \"a\": 99999999999999999999}", "64 bits"),
        ("{\"_id\": 3, \"a\": \"\\ud800\"}", "`\\ud800` is half of a character"),
        ("{\"_id\": {\"$oid\": \"zz\"}}", "not a JSON document"),
        ("{\"_id\": 3, \"a\": " + String(repeating: "[", count: 100_000), "deeper than 98"),
        ("{\"_id\": 2}", "code 11000"),
        ("{\"_id\": {\"$regularExpression\": {\"pattern\": \"a\", \"options\": \"\"}}}", "regex"),
    ]

    @Test(arguments: lines) func theLineIsNamed(line: String, reason: String) async throws {
        let project = try Project(try TestServer.uri())
        let ending = try await project.lockstep(
            "import", "-", "--into", "docs", input: Self.good + "\r\n" + line + "\n{\"_id\": 5}\n")
        #expect(ending.status == 1, "\(ending)")
        #expect(ending.err.contains("standard input:4: "), "\(ending)")
        #expect(ending.err.contains(reason), "\(ending)")
        #expect(ending.err.contains("The 2 documents before it were inserted"), "\(ending)")
        #expect(try project.count("docs") == 2)
    }

    @Test func bytesThatAreNotUTF8AreNamed() async throws {
        let project = try Project(try TestServer.uri())
        let file = URL(fileURLWithPath: "\(project.folder)/a.jsonl")
        for bytes: [UInt8] in [
            Array("{\"a\": \"".utf8) + [0xFF] + Array("\"}".utf8), [0xBB, 0x7B, 0x7D], [0xFE, 0xFF],
        ] {
            try Data(Array(Self.good.utf8) + bytes + [0x0A]).write(to: file)
            let ending = try await project.lockstep("import", "a.jsonl", "--into", "c\(bytes.count)")
            #expect(ending.status == 1 && ending.err.contains("a.jsonl:3: not a JSON document"), "\(ending)")
            #expect(try project.count("c\(bytes.count)") == 2)
        }
    }

    @Test func whatIsNoMistakeIsTaken() async throws {
        let project = try Project(try TestServer.uri())
        // Marks of several files put together, fields of MongoDB's own, no end of the last line.
        let ending = try await project.lockstep(
            "import", "-", "--into", "docs",
            input:
                "\u{FEFF}{\"_id\": 1}\r\n\n \t\r\n\u{FEFF}{\"_id\": 2, \"a\": {\"$set\": 1}}\n{\"_id\": 3, \"\": [1, {}]}"
        )
        #expect(ending.status == 0 && ending.out == "3 documents inserted into docs\n", "\(ending)")
    }

    @Test func documentsThatAreTooLargeAreNamed() async throws {
        let project = try Project(try TestServer.uri())
        let large = "{\"_id\": 3, \"a\": \"\(String(repeating: "x", count: 16 << 20))\"}"
        let ending = try await project.lockstep(
            "import", "-", "--into", "docs", input: Self.good + large + "\n")
        #expect(
            ending.status == 1 && ending.err.contains("standard input:3: a document of 1677"), "\(ending)")
        #expect(try project.count("docs") == 2)
        let fits = "{\"_id\": 3, \"a\": \"\(String(repeating: "x", count: (16 << 20) - 100))\"}\n"
        let taken = try await project.lockstep("import", "-", "--into", "docs", input: fits)
        #expect(taken.status == 0, "\(taken)")
    }

    @Test func aFileWithoutLinesIsReadNoFurtherThanALineMayBe() async throws {
        let project = try Project(try TestServer.uri())
        let ending = try await project.lockstep("import", "/dev/zero", "--into", "docs")
        #expect(ending.status == 1 && ending.err.contains("/dev/zero:1: longer than 128 MiB"), "\(ending)")
        #expect(ending.err.contains("Nothing was inserted"))
    }

    @Test func aPipeIsReadAndWhatCannotBeReadIsNamed() async throws {
        let project = try Project(try TestServer.uri())
        let pipe = "\(project.folder)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let writer = Process()
        writer.executableURL = URL(fileURLWithPath: "/bin/sh")
        writer.arguments = ["-c", "printf '{\"_id\": 1}\\n{\"_id\": 2}' > '\(pipe)'"]
        try writer.run()
        let ending = try await project.lockstep("import", "pipe", "--into", "docs")
        #expect(ending.status == 0 && ending.out.hasPrefix("2 documents"), "\(ending)")
        // Opens, but cannot be read.
        let unreadable = try await project.lockstep("import", "/proc/self/mem", "--into", "docs")
        #expect(unreadable.status == 1 && unreadable.err.contains("cannot be read"), "\(unreadable)")
    }
}
