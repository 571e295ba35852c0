import Foundation
import Lockstep
import Testing
import TestSupport
import MongoDriver

/// A folder with a `lockstep.yaml`, a model that notes each input it is asked for, and a database of its own.
///
/// The model answers the length of a text and refuses the text `bad`; it waits while the file `hold` is there.
final class Project: Sendable {
    let folder: String
    let uri: String
    let database: String

    private static let program = """
        import json, os, sys, time
        for line in sys.stdin:
            request = json.loads(line)
            with open("calls", "a") as calls:
                for text in request["inputs"]:
                    calls.write(json.dumps(text) + "\\n")
            while os.path.exists("hold"):
                time.sleep(0.01)
            answer = {"id": request["id"], "predictions": [len(str(text)) for text in request["inputs"]]}
            answer["errors"] = {str(i): "not this" for i, text in enumerate(request["inputs"]) if text == "bad"}
            print(json.dumps(answer), flush=True)
        """

    init(_ uri: String, database: String? = nil, model: String? = nil) throws {
        folder = TestServer.temporaryDirectory("project")
        self.uri = uri
        self.database = database ?? "t\(UUID().uuidString.prefix(12))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try write("length.py", Self.program)
        try configure(model: model ?? "{exec: [python3, length.py], version: \"1\", batch: {count: 10}}")
    }

    deinit {
        // Lets programs go that a killed daemon left behind.
        try? FileManager.default.removeItem(atPath: folder)
    }

    func configure(
        uri: String? = nil, model: String, on collection: String = "docs", server: String = "off"
    ) throws {
        try write(
            "lockstep.yaml",
            """
            mongodb:
              uri: "\(uri ?? self.uri)"
              database: \(database)
            models:
              length: \(model)
            listeners:
              - {model: length, on: \(collection), key: text}
            reconcileEvery: 1s
            server: \(server)
            """)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    /// Every input that the model was asked for.
    var calls: [String] {
        let text = (try? String(contentsOfFile: folder + "/calls", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    func forgetCalls() {
        try? FileManager.default.removeItem(atPath: folder + "/calls")
    }

    func hold() throws {
        try write("hold", "")
    }

    func letGo() throws {
        try FileManager.default.removeItem(atPath: folder + "/hold")
    }
}

// MARK: Commands

extension Project {
    func start(_ arguments: String..., input: String? = nil) throws -> Running {
        try Running(
            arguments, in: folder, environment: ["LOCKSTEP_MONGOD": try TestServer.mongod()], input: input)
    }

    /// Runs a command to its end.
    func lockstep(_ arguments: String..., input: String? = nil) async throws -> Ending {
        try await Running(
            arguments, in: folder, environment: ["LOCKSTEP_MONGOD": try TestServer.mongod()], input: input
        ).ending()
    }

    /// Runs `lockstep run` while `body` runs, and stops it.
    func running(_ options: String..., body: (Running) async throws -> Void) async throws {
        let daemon = try Running(
            ["run"] + options, in: folder, environment: ["LOCKSTEP_MONGOD": try TestServer.mongod()])
        try await daemon.says("lockstep: watching")
        try await body(daemon)
        let ending = try await daemon.stop()
        #expect(ending.status == 0, "\(ending)")
    }

    /// The report of the one listener, as `verify --json` gives it.
    func verify(_ arguments: String...) async throws -> (status: Int32, report: BSONDocument) {
        let ending = try await Running(["verify", "--json"] + arguments, in: folder).ending()
        let document = try BSONDocument(json: ending.out)
        #expect(document["ok"]?.bool == (ending.status == 0), "\(ending)")
        return (ending.status, try #require(document["listeners"]?.array?.first?.document))
    }
}

// MARK: Data

extension Project {
    @discardableResult
    func command(_ command: BSONDocument) throws -> BSONDocument {
        try Connection.open(uri: uri, database: database).run(command, operation: "test")
    }

    func insert(_ texts: [(Int, String)]) throws {
        let documents = texts.map { id, text -> BSONValue in
            ["_id": BSONValue(id), "text": BSONValue(text)]
        }
        try command(["insert": "docs", "documents": BSONValue(documents)])
    }

    func update(_ id: Int, _ update: BSONValue) throws {
        try command(["update": "docs", "updates": [["q": ["_id": BSONValue(id)], "u": update]]])
    }

    /// The document of that `_id`, past Lockstep.
    func document(_ id: BSONValue, in collection: String = "docs") throws -> BSONDocument? {
        try command(["find": BSONValue(collection), "filter": ["_id": id]])[path: "cursor.firstBatch"]?
            .array?.first?.document
    }

    func output(_ id: Int) throws -> Int? {
        try document(BSONValue(id))?[path: "_outputs.text.length"]?.int
    }

    func count(_ collection: String) throws -> Int {
        try command(["count": BSONValue(collection)])["n"]?.int ?? 0
    }
}
