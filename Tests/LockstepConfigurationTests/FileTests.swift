import Foundation
import Lockstep
import LockstepConfiguration
import LockstepReading
import Testing

/// What needs real files: reading one, and the versions of models.
@Suite struct FileTests {
    private static let good =
        mongodb
        + "models: {length: {exec: [python3, length.py]}}\nlisteners: [{model: length, on: docs, key: text}]\n"

    private func failure(_ file: String) -> String {
        do throws(ConfigurationError) {
            _ = try Configuration.load(file: file, environment: [:])
            return ""
        } catch {
            return error.description
        }
    }

    @Test func aFileIsReadAndItsFolderKept() throws {
        let folder = try Folder()
        try folder.write("lockstep.yaml", Self.good)
        let configuration = try Configuration.load(file: folder.path + "/lockstep.yaml", environment: [:])
        #expect(configuration.folder.path == folder.path)
        #expect(configuration.listeners.count == 1)
    }

    @Test func aByteOrderMarkAndWindowsLinesAreFine() throws {
        let folder = try Folder()
        try folder.write(
            "lockstep.yaml", [0xEF, 0xBB, 0xBF] + Array(Self.good.replacing("\n", with: "\r\n").utf8))
        #expect(failure(folder.path + "/lockstep.yaml") == "")
    }

    @Test func aFileThatCannotBeReadSaysWhatToDo() throws {
        let folder = try Folder()
        let path = folder.path
        #expect(
            failure(path + "/none.yaml")
                == "\(path)/none.yaml: there is no such file: name another with `-c`, or write one with `lockstep init`"
        )
        #expect(
            failure(path)
                == "\(path): this is a directory: name the file in it, as `-c \(path)/lockstep.yaml`")
        try folder.write("latin.yaml", Array("# Gr".utf8) + [0x0A, 0xFC, 0xDF] + Array("e\n".utf8))
        #expect(
            failure(path + "/latin.yaml") == "\(path)/latin.yaml:2: the file is not UTF-8: save it as UTF-8")
        try folder.write("empty.yaml", "")
        #expect(
            failure(path + "/empty.yaml")
                == "\(path)/empty.yaml: the file is empty: it needs `mongodb`, `models` and `listeners`")
    }

    @Test func aMissingModelNamesItsLine() throws {
        let folder = try Folder()
        try folder.write("half/openvino_model.xml", "<xml/>")
        let configuration = try Configuration.parse(
            Array(
                (mongodb + """
                    models:
                      gone: {openvino: models/gone}
                      half: {openvino: half, version: "1"}
                    listeners:
                      - {model: gone, on: docs, key: text}
                      - {model: half, on: docs, key: text}
                    """).utf8), file: "lockstep.yaml", directory: folder.path, environment: [:])
        let error = #expect(throws: ConfigurationError.self) { try configuration.assemble().listeners }
        #expect(
            error?.description == """
                lockstep.yaml:3: there is no directory `\(folder.path)/models/gone`: write where the model is, or make one with `scripts/convert_model.py`
                lockstep.yaml:4: `\(folder.path)/half` is no OpenVINO model, it lacks `openvino_model.bin`, `openvino_tokenizer.bin`, `openvino_tokenizer.xml`: convert it with `scripts/convert_model.py`
                """)
    }

    @Test func theVersionOfAProgramFollowsItsScript() throws {
        let folder = try Folder()
        try folder.write("length.py", "print(1)")
        func version(_ exec: String) throws -> String {
            let text =
                mongodb + "models: {length: \(exec)}\nlisteners: [{model: length, on: docs, key: text}]\n"
            let configuration = try Configuration.parse(
                Array(text.utf8), file: "lockstep.yaml", directory: folder.path, environment: [:])
            return try #require(configuration.assemble().listeners.first).modelVersion
        }
        let first = try version("{exec: [python3, length.py]}")
        #expect(first.count == 16)
        #expect(try version("{exec: [python3, length.py], timeout: 5s, workers: 2}") == first)
        #expect(try version("{exec: [python3, length.py, -v]}") != first)
        #expect(try version("{exec: [python3, length.py], vectors: array}") != first)
        #expect(try version("{exec: [python3, length.py], version: mine}") == "mine")
        try folder.write("length.py", "print(2)")
        #expect(try version("{exec: [python3, length.py]}") != first)
        try folder.write("length.py", "print(1)")
        #expect(try version("{exec: [python3, length.py]}") == first)
    }

    @Test func theVersionOfAnOpenVINOModelFollowsItsFiles() throws {
        let folder = try Folder()
        let names = [
            "openvino_model.xml", "openvino_model.bin", "openvino_tokenizer.xml", "openvino_tokenizer.bin",
        ]
        for name in names { try folder.write("minilm/\(name)", name) }
        func version() throws -> String {
            let text =
                mongodb + "models: {m: {openvino: minilm}}\nlisteners: [{model: m, on: docs, key: text}]\n"
            let configuration = try Configuration.parse(
                Array(text.utf8), file: "lockstep.yaml", directory: folder.path, environment: [:])
            return try #require(configuration.assemble().listeners.first).modelVersion
        }
        let first = try version()
        #expect(first.count == 16)
        try folder.write("minilm/README.md", "not a part")
        #expect(try version() == first)
        try folder.write("minilm/openvino_model.bin", "other weights")
        #expect(try version() != first)
    }

    @Test func aConfiguredProgramPredicts() async throws {
        let folder = try Folder()
        try folder.write(
            "length.py",
            """
            import json, os, sys
            for line in sys.stdin:
                request = json.loads(line)
                print(json.dumps({"id": request["id"], "predictions": [len(x) + int(os.environ["PLUS"]) for x in request["inputs"]]}), flush=True)
            """)
        let text =
            mongodb
            + "models: {length: {exec: [python3, length.py], environment: {PLUS: '${PLUS}'}}}\nlisteners: [{model: length, on: docs, key: text}]\n"
        let configuration = try Configuration.parse(
            Array(text.utf8), file: "lockstep.yaml", directory: folder.path, environment: ["PLUS": "100"])
        let assembly = try configuration.assemble()
        let listener = try #require(assembly.listeners.first)
        #expect(listener.outputPath == "_outputs.text.length")
        #expect(try await listener.model.predict(["four", "seventy"]) == [.success(104), .success(107)])
        assembly.shutdown()
    }
}
