import Foundation
import Lockstep
import Testing
import TestSupport

@Suite struct ImportTests {
    @Test func documentsAreInsertedFromAFileAndFromStandardInput() async throws {
        let project = try Project(try TestServer.uri())
        // With a byte order mark, Windows's line ends, empty lines, and no end of the last line.
        try project.write(
            "a.jsonl",
            "\u{FEFF}{\"_id\": 1, \"text\": \"a } b\"}\r\n\r\n{\"_id\": {\"$oid\": \"64b7f0f0f0f0f0f0f0f0f0f0\"}}\n{\"at\": {\"$date\": \"2024-01-01T00:00:00Z\"}}"
        )
        let ending = try await project.lockstep("import", "a.jsonl", "--into", "docs")
        #expect(ending.status == 0 && ending.out == "3 documents inserted into docs\n", "\(ending)")
        #expect(try project.document(1)?["text"]?.string == "a } b")
        let piped = try await project.lockstep(
            "import", "-", "--into", "docs", "--json", input: "{\"_id\": 2}\n")
        #expect(piped.status == 0 && piped.out == "{\"inserted\": 1}\n", "\(piped)")
        let empty = try await project.lockstep("import", "-", "--into", "docs", input: "")
        #expect(empty.status == 0 && empty.out == "0 documents inserted into docs\n", "\(empty)")
        #expect(try project.count("docs") == 4)
    }

    @Test(arguments: [
        ("{\"_id\":", "standard input:3: not a JSON document"),
        ("{\"_id\": 3} {\"_id\": 4}", "standard input:3: more than one document: "),
        ("[{\"_id\": 3}]", "standard input:3: a list"),
        ("{", "each document must stand on one line"),
        ("{\"_id\": 1}", "another document has the same key"),
        ("{\"_id\": [1]}", "cannot be of type array"),
    ])
    func aBadLineIsNamedAndWhatStandsBeforeItIsThere(line: String, reason: String) async throws {
        let project = try Project(try TestServer.uri())
        let ending = try await project.lockstep(
            "import", "-", "--into", "docs", "--json",
            input: "{\"_id\": 1}\n{\"_id\": 2}\n\(line)\n{\"_id\": 5}\n")
        #expect(ending.status == 1, "\(ending)")
        #expect(ending.out.isEmpty)
        #expect(ending.err.contains(reason), "\(ending)")
        #expect(try project.count("docs") == 2)
    }

    @Test func aFileThatIsNotThereIsNamed() async throws {
        let project = try Project(try TestServer.uri())
        let missing = try await project.lockstep("import", "b.jsonl", "--into", "docs")
        #expect(missing.status == 1 && missing.err.contains("there is no file `b.jsonl`"), "\(missing)")
        let folder = try await project.lockstep("import", ".", "--into", "docs")
        #expect(folder.status == 1 && folder.err.contains("is a directory"), "\(folder)")
    }

    @Test func onAReplicaSetModelsNeedNotBeThere() async throws {
        let project = try Project(try TestServer.uri(), model: "{openvino: nowhere}")
        let ending = try await project.lockstep("import", "-", "--into", "docs", input: "{\"text\": \"a\"}\n")
        #expect(ending.status == 0, "\(ending)")
    }

    @Test func onAStandaloneServerPredictionsAreMadeInTheSameProcess() async throws {
        let project = try Project(try TestServer.standaloneURI())
        let ending = try await project.lockstep(
            "import", "-", "--into", "docs", input: "{\"_id\": 1, \"text\": \"abc\"}\n{\"_id\": 2}\n")
        #expect(ending.status == 0, "\(ending)")
        #expect(try project.output(1) == 3)
        #expect(project.calls == ["\"abc\""])
        let parked = try await project.lockstep(
            "import", "-", "--into", "docs", input: "{\"_id\": 3, \"text\": \"bad\"}\n")
        #expect(parked.status == 1 && parked.err.contains("1 document parked"), "\(parked)")
        #expect(parked.out == "1 document inserted into docs\n")
        // Elsewhere no model is needed.
        try project.configure(model: "{openvino: nowhere}")
        #expect(try await project.lockstep("import", "-", "--into", "other", input: "{}\n").status == 0)
        #expect(try await project.lockstep("import", "-", "--into", "docs", input: "{}\n").status == 78)
    }
}
