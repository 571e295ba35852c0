import Foundation
import Lockstep
import LockstepConfiguration
import LockstepProviders
import LockstepReading
import Testing
import TestSupport
import MongoDriver

@testable import LockstepCLI

/// `lockstep init` on real servers.
@Suite struct InitTests {
    @Test func whatItWritesForADatabaseWithTextsWorks() async throws {
        let place = try Place()
        try place.fill()
        let ending = try await place.lockstep("init", "--database", place.database)
        #expect(ending.status == 0, "\(ending)")
        #expect(
            ending.out.contains("listener  articles/title") && ending.out.contains("lockstep check"),
            "\(ending)")

        let configuration = try place.configuration()
        #expect(
            configuration.listeners.map { "\($0.collection)/\($0.keys.joined())" } == [
                "articles/title", "articles/body", "articles/meta.notes", "articles/odd: \"key\" ${X}",
                "中文/文章",
            ])
        #expect(configuration.mongodb.database == place.database)
        let text = try place.text("lockstep.yaml")
        for (key, reason) in [
            ("slug", "ids, codes or hashes"), ("link", "addresses or paths"), ("mail", "e-mail addresses"),
            ("kind", "few different values"), ("day", "dates"), ("meta.hash", "ids, codes or hashes"),
            ("author", "single words or names"), ("mixed", "other types too"),
        ] {
            let line = text.components(separatedBy: "\n").first { $0.contains("key: \(key)}") } ?? ""
            #expect(line.hasPrefix("  # - {") && line.contains(reason), "\(key): \(line)")
        }
        for (name, reason) in [
            ("view", "is a view"), ("ring", "is a capped collection"),
            ("series", "is a time-series collection"),
            ("numbers", "has no field with texts"), ("void", "is empty"),
        ] {
            #expect(text.contains("  # \(name) \(reason)"), "\(name): \(text)")
        }
        // Keys that are data, lists, what is Lockstep's own.
        for name in ["byUser", "tags", "_outputs", "_lockstep", "lockstep.", "system."] {
            #expect(!text.contains("key: \(name)") && !text.contains("on: \(name)"), "\(name)")
        }

        for (place, reason) in [
            ("tags", "arrays of texts"), ("comments.says", "texts within an array"),
            ("byUser", "names that are rare each"),
        ] {
            #expect(
                text.contains("#   articles, \(place): \(reason)")
                    || text.contains("articles, \(place): texts under \(reason)"), "\(place): \(text)")
        }
        #expect(text.hasPrefix("# yaml-language-server: $schema=lockstep.schema.json\n"))
        #expect(try place.text("lockstep.schema.json").contains("\"lockstep.yaml\""))
        #expect(text.contains("uri: ${MONGODB_URI:-\(place.uri)}"), "\(text)")

        let check = try await place.lockstep("check")
        #expect(check.status == 0, "\(check)")
        let verify = try await place.lockstep("verify", "--repair")
        #expect(verify.status == 0, "\(verify)")
        let document = try Connection.open(uri: place.uri, database: place.database).run(
            ["find": "articles", "filter": ["_id": 7]], operation: "find")[path: "cursor.firstBatch"]?
            .array?.first?.document
        #expect(document?[path: "_outputs.body.words"]?.int == 12)
    }

    @Test func noValueOfADocumentIsWritten() async throws {
        let place = try Place()
        try place.fill()
        for arguments in [
            ["init"], ["init", "--dry-run"], ["init", "--dry-run", "--json"], ["init", "--force", "--json"],
        ] {
            let ending = try await place.lockstep(arguments + ["--database", place.database])
            #expect(ending.status == 0, "\(ending)")
            let said = ending.out + ending.err + (try place.text("lockstep.yaml"))
            for secret in ["secret", "sister", "example.org"] {
                #expect(!said.contains(secret), "\(secret): \(said)")
            }
        }
    }

    @Test func theFileIsForItsUserAloneAndHasATokenOfItsOwn() async throws {
        let place = try Place()
        var tokens: Set<String> = []
        for name in ["a.yaml", "b.yaml"] {
            let ending = try await place.lockstep("init", "--database", place.database, "-o", name)
            #expect(ending.status == 0 && ending.out.contains("lockstep check -c \(name)"), "\(ending)")
            let permissions = try FileManager.default.attributesOfItem(atPath: "\(place.folder)/\(name)")[
                .posixPermissions]
            #expect(permissions as? Int == 0o600)
            let token = try #require(try place.configuration(name).server?.token)
            #expect(token.utf8.count == 32 && token.allSatisfy(\.isHexDigit))
            tokens.insert(token)
            #expect(!ending.out.contains(token))
        }
        #expect(tokens.count == 2)
    }

    @Test func nothingIsWrittenOverUnlessThatIsAskedFor() async throws {
        let place = try Place()
        try place.write("lockstep.yaml", "mine")
        try place.write("lockstep_model.py", "mine too")
        let refused = try await place.lockstep("init", "--database", place.database)
        #expect(refused.status == 1 && refused.err.contains("--force"), "\(refused)")
        let dry = try await place.lockstep("init", "--database", place.database, "--dry-run")
        #expect(dry.status == 0 && dry.out.contains("listeners:"), "\(dry)")
        #expect(try place.text("lockstep.yaml") == "mine")
        // A program that is there may be the user's own.
        let other = try await place.lockstep("init", "--database", place.database, "-o", "other.yaml")
        #expect(other.status == 0, "\(other)")
        #expect(try place.text("lockstep_model.py") == "mine too")
        let forced = try await place.lockstep("init", "--database", place.database, "--force")
        #expect(forced.status == 0, "\(forced)")
        #expect(try place.text("lockstep_model.py").contains("def predict(texts):"))
        let nowhere = try await place.lockstep("init", "--database", place.database, "-o", "no/where.yaml")
        #expect(nowhere.status == 1 && nowhere.err.contains("there is no such folder"), "\(nowhere)")
    }

    @Test func anEmptyDatabaseGetsAnExampleThatWorks() async throws {
        let place = try Place()
        let ending = try await place.lockstep("init", "--database", place.database)
        #expect(ending.status == 0 && ending.out.contains("no field with texts was found"), "\(ending)")
        #expect(try place.text("lockstep.yaml").contains("this is an example"))
        #expect(ending.err.contains("there is no database `\(place.database)` yet"), "\(ending)")
        #expect(try await place.lockstep("check").status == 0)
    }

    @Test func whereNoFieldIsProposedTheFirstThatWasPassedOverIsTheExample() async throws {
        let place = try Place()
        try Connection.open(uri: place.uri, database: place.database).run(
            [
                "insert": "docs",
                "documents": BSONValue(
                    (0..<20).map { ["text": "a", "other": BSONValue("b\($0)")] as BSONValue }),
            ], operation: "insert")
        let ending = try await place.lockstep("init", "--database", place.database)
        #expect(
            ending.status == 0
                && ending.out.contains(
                    "no field was proposed; the example is docs/text, which was passed over ("),
            "\(ending)")
        #expect(ending.out.contains("1 other field with texts not proposed"), "\(ending)")
        let text = try place.text("lockstep.yaml")
        #expect(
            text.contains("  # No field was proposed. This one was passed over (few different values"),
            "\(text)")
        #expect(!text.contains("No field with texts"), "\(text)")
        // Also after the `#` of the others is taken away, no listener stands there twice.
        let all = text.replacing("  # - {model", with: "  - {model")
        try place.write("lockstep.yaml", all)
        #expect(
            try place.configuration().listeners.map { "\($0.collection)/\($0.keys.joined())" }
                == ["docs/text", "docs/other"])
        #expect(ending.out.contains("  lockstep plan"), "\(ending)")
    }

    @Test func theDatabaseIsTheOneOfTheURIOrTheOneThatIsNamed() async throws {
        let place = try Place()
        try place.fill()
        let many = try await place.lockstep("init")
        #expect(many.status == 1 && many.err.contains("--database <name>"), "\(many)")
        #expect(many.err.contains("`\(place.database)`"), "\(many)")
        let uri = place.uri.replacing("/?", with: "/\(place.database)?")
        let named = try await place.lockstep(["init", "--dry-run"], uri: uri)
        #expect(named.status == 0 && named.out.contains("database: \(place.database)"), "\(named)")
        let bad = try await place.lockstep("init", "--database", "admin")
        #expect(bad.status == 78 && bad.err.contains("MongoDB's own"), "\(bad)")
    }

    @Test func collectionsCanBeChosen() async throws {
        let place = try Place()
        try place.fill()
        let one = try await place.lockstep(
            "init", "--database", place.database, "--collection", "中文", "--collection", "ring", "--json")
        let document = try BSONDocument(json: one.out)
        #expect(document["listeners"]?.array?.compactMap { $0.document?["on"]?.string } == ["中文"])
        #expect(
            document["written"]?.array?.compactMap(\.string) == [
                "lockstep.yaml", "lockstep_model.py", "lockstep.schema.json",
            ])
        #expect(document["collections"]?.array?.count == 1)
        let none = try await place.lockstep(
            "init", "--database", place.database, "--collection", "nope", "--force")
        #expect(none.status == 1 && none.err.contains("no collection `nope`: there is `articles`"), "\(none)")
    }

    @Test func anAbsentServerIsToldWithoutThePassword() async throws {
        let place = try Place()
        let ending = try await place.lockstep(
            ["init"], uri: "mongodb://user:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=100")
        #expect(ending.status == 69 && ending.err.contains("mongodb://user:***@127.0.0.1:1/"), "\(ending)")
        #expect(!ending.err.contains("s3cret"))
        let scheme = try await place.lockstep(["init"], uri: "http://user:s3cret@there")
        #expect(scheme.status == 78 && scheme.err.contains("must begin with `mongodb://`"), "\(scheme)")
        #expect(!scheme.err.contains("s3cret"))
    }

    @Test func aKeyIsProposedInACommentByTheNameOfItsVariable() async throws {
        let place = try Place()
        let ending = try await place.lockstep(
            ["init", "--database", place.database], environment: ["OPENAI_API_KEY": "sk-very-secret"])
        #expect(ending.status == 0 && ending.out.contains("api.openai.com"), "\(ending)")
        let text = try place.text("lockstep.yaml")
        #expect(text.contains("  words:\n    exec:"), "\(text)")
        #expect(text.contains("  # openai:\n  #   http:\n"), "\(text)")
        #expect(text.contains("  #     key: ${OPENAI_API_KEY}\n"), "\(text)")
        #expect(!"\(text)\(ending)".contains("very-secret"))
        #expect(try await place.lockstep("check").status == 0)
    }

    @Test func anOllamaOnThisMachineIsTaken() async throws {
        let place = try Place()
        try place.write(
            "server.py",
            """
            import http.server, os
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    body = b'{"models": [{"name": "nomic-embed-text:latest"}]}'
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *_): pass
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            open("port.new", "w").write(str(server.server_port))
            os.rename("port.new", "port")
            server.serve_forever()
            """)
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments = ["python3", "server.py"]
        server.currentDirectoryURL = URL(fileURLWithPath: place.folder)
        try server.run()
        defer { kill(server.processIdentifier, SIGKILL) }
        try await eventually("the server is up") { (try? place.text("port")) != nil }
        let host = "127.0.0.1:\(try place.text("port"))"
        // The time that init waits may be over on a busy machine.
        try await eventually("the server is found") {
            let ending = try await place.lockstep(
                ["init", "--database", place.database, "--force"], environment: ["OLLAMA_HOST": host])
            return ending.status == 0 && ending.out.contains("Ollama at http://\(host)")
        }
        let configuration = try place.configuration()
        #expect(configuration.models["nomic-embed-text"]?.provider is HTTPSpec)
        #expect(try place.text("lockstep.yaml").contains("prefix: \"search_document: \""))
    }

    @Test func theModelInTheFolderOrAboveIsTaken() throws {
        let folder = TestServer.temporaryDirectory("models")
        let model = folder + "/.lockstep/models/all-MiniLM-L6-v2"
        let libraries = folder + "/python/openvino/libs"
        for path in [model, libraries, folder + "/a/b", folder + "/python/openvino_tokenizers/lib"] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        for file in [
            model + "/openvino_model.bin", model + "/openvino_model.xml", model + "/openvino_tokenizer.bin",
            model + "/openvino_tokenizer.xml", libraries + "/libopenvino_c.so.1",
            folder + "/python/openvino_tokenizers/lib/libopenvino_tokenizers.so",
        ] {
            _ = FileManager.default.createFile(atPath: file, contents: Data())
        }
        let environment = ["OPENVINO_DIR": folder + "/python"]
        let name = ".lockstep/models/all-MiniLM-L6-v2"
        func proposal(_ folder: String, _ environment: [String: String]) -> ModelProposal? {
            let surroundings = Surroundings(folder: folder, environment: environment)
            return Registry.standard.proposals(in: surroundings)?.model
        }
        #expect(proposal(folder, environment) == OpenVINOKind.miniLM(directory: name))
        #expect(proposal(folder + "/a/b", environment) == OpenVINOKind.miniLM(directory: "../../" + name))
        let elsewhere = environment.merging(["LOCKSTEP_MODELS": folder + "/.lockstep/models"]) { $1 }
        #expect(proposal("/", elsewhere) == OpenVINOKind.miniLM(directory: model))
        // Without OpenVINO, or with half of the model, it would not run.
        #expect(proposal(folder, ["OPENVINO_DIR": folder]) == ExecKind.words)
        try FileManager.default.removeItem(atPath: model + "/openvino_model.bin")
        #expect(proposal(folder, environment) == ExecKind.words)
    }
}

/// A folder with nothing in it, and a database of its own.
private final class Place: Sendable {
    let folder = TestServer.temporaryDirectory("init")
    let database = "i\(UUID().uuidString.prefix(12))"
    let uri: String

    init() throws {
        uri = try TestServer.uri()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    func lockstep(_ arguments: String...) async throws -> Ending {
        try await lockstep(arguments)
    }

    func lockstep(
        _ arguments: [String], uri: String? = nil, environment: [String: String] = [:]
    ) async throws -> Ending {
        // A folder without OpenVINO, and a port without Ollama: the model is the program that is written.
        let own = [
            "MONGODB_URI": uri ?? self.uri, "OPENVINO_DIR": folder, "LOCKSTEP_MODELS": "",
            "OLLAMA_HOST": "127.0.0.1:9",
        ]
        return try await Running(arguments, in: folder, environment: own.merging(environment) { $1 }).ending()
    }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    func configuration(_ name: String = "lockstep.yaml") throws -> Configuration {
        try Configuration.load(file: "\(folder)/\(name)", environment: ["MONGODB_URI": uri])
    }

    /// Fields of every kind that is told apart.
    func fill() throws {
        let connection = try Connection.open(uri: uri, database: database)
        let words = "my sister keeps a secret garden behind the old house of stones".split(separator: " ")
        let articles = (0..<60).map { id -> BSONValue in
            let body = (0..<12).map { words[(id * 7 + $0 * ($0 + id)) % words.count] }.joined(separator: " ")
            var fields: [(String, BSONValue)] = [
                ("_id", BSONValue(id)), ("slug", BSONValue("article-\(1000 + id)")),
                ("title", BSONValue("The secret number \(id) of all")), ("body", BSONValue(body)),
                ("link", BSONValue("https://example.org/a/\(id)")), ("mail", BSONValue("m\(id)@example.org")),
                ("kind", BSONValue(["news", "essay"][id % 2])), ("day", BSONValue("2026-0\(1 + id % 9)-11")),
                ("author", BSONValue("Jane Doe\(id)")),
                ("mixed", id % 3 == 0 ? BSONValue(id) : BSONValue(body)),
                (
                    "meta",
                    BSONValue(
                        BSONDocument([
                            ("notes", BSONValue("a secret note, the \(id)th of them")),
                            ("hash", BSONValue(String(repeating: "0a1b", count: 8))), ("_id", BSONValue(id)),
                        ]))
                ),
                ("odd: \"key\" ${X}", BSONValue("what is secret stays so, \(id)")),
                ("tags", ["one secret of many", "two secrets of many"] as BSONValue),
                ("comments", [["says": BSONValue("what a secret sister says of \(id)")]] as BSONValue),
                ("byUser", BSONValue(BSONDocument([("secret\(id)", BSONValue(body))]))),
            ]
            fields.append(
                ("_outputs", ["body": ["other": BSONValue("some words of a model \(id)")]] as BSONValue))
            return BSONValue(BSONDocument(fields))
        }
        try connection.run(["insert": "articles", "documents": BSONValue(articles)], operation: "test")
        let chinese = (0..<10).map { id -> BSONValue in
            ["文章": BSONValue("这是第\(id)篇没有空格的文章它讲了一个很长的故事给大家听")]
        }
        try connection.run(["insert": "中文", "documents": BSONValue(chinese)], operation: "test")
        try connection.run(["insert": "numbers", "documents": [["n": 1]]], operation: "test")
        try connection.run(["create": "void"], operation: "test")
        try connection.run(["create": "view", "viewOn": "articles", "pipeline": []], operation: "test")
        try connection.run(["create": "ring", "capped": true, "size": 4096], operation: "test")
        try connection.run(["create": "series", "timeseries": ["timeField": "at"]], operation: "test")
        try connection.run(
            ["insert": "lockstep.failures", "documents": [["reason": "a reason of several words"]]],
            operation: "test")
    }
}

/// Which fields are proposed, as a table.
@Suite struct FieldVerdictTests {
    private static func statistics(_ texts: [String], others: Int = 0) -> FieldStatistics {
        var field = FieldStatistics(present: texts.count + others)
        for text in texts { field.add(text) }
        return field
    }

    private static func many(_ count: Int = 30, _ make: (Int) -> String) -> [String] {
        (0..<count).map(make)
    }

    static let cases: [(String, [String], Int, FieldVerdict)] = [
        ("sentences", many { "what is said in sentence \($0)" }, 0, .propose),
        ("a few sentences", many(2) { "what is said in sentence \($0)" }, 0, .propose),
        ("Chinese", many { "没有空格的文章讲了一个很长的故事\($0)" }, 0, .propose),
        ("HTML", many { "<p>what is said in <b>paragraph</b> \($0)</p>" }, 0, .propose),
        ("titles", many { "A Tale of Cities \($0)" }, 0, .propose),
        ("some absent", many(5) { "what is said in sentence \($0)" }, 0, .propose),
        (
            "words", many { ["red", "green", "blue", "grey\($0)", "x\($0)y"][$0 % 5] }, 0,
            .pass("single words or names")
        ),
        ("names", many { "Jane Doe\($0)" }, 0, .pass("single words or names")),
        ("UUIDs", many { "123e4567-e89b-12d3-a456-4266141740\($0 + 10)" }, 0, .pass("ids, codes or hashes")),
        (
            "hashes", many { String(repeating: "deadbeef", count: 4) + "\($0)" }, 0,
            .pass("ids, codes or hashes")
        ),
        ("base64", many { String(repeating: "QUJD", count: 50) + "\($0)==" }, 0, .pass("encoded data")),
        ("addresses", many { "https://a.example/\($0)?q=a" }, 0, .pass("addresses or paths")),
        ("paths", many { "/usr/share/doc/\($0)/readme" }, 0, .pass("addresses or paths")),
        ("e-mail", many { "a.b\($0)@example.com" }, 0, .pass("e-mail addresses")),
        ("dates", many { "2026-01-\($0 + 10)T03:00:00.123Z" }, 0, .pass("dates")),
        ("times", many { "2026-01-\($0 + 10) 03:00:00 +0100" }, 0, .pass("dates")),
        ("numbers", many { "+49 30 1234 \($0)" }, 0, .pass("numbers")),
        ("empty", many { _ in "" }, 0, .pass("empty texts")),
        (
            "enumeration", many { ["waits for us all", "is done for now"][$0 % 2] }, 0,
            .pass("few different values, 2 in 30 documents")
        ),
        ("the same", many(4) { _ in "the same in all of them" }, 0, .pass("the same value in all documents")),
        (
            "other types", many(20) { "what is said in sentence \($0)" }, 10,
            .pass("other types too, in 33 % of the documents")
        ),
        ("hardly a text", many(1) { "what is said in sentence \($0)" }, 29, .ignore),
        ("no text", [], 30, .ignore),
    ]

    @Test(arguments: cases)
    func eachKindOfFieldIsTold(name: String, texts: [String], others: Int, verdict: FieldVerdict) {
        #expect(
            FieldVerdict(Self.statistics(texts, others: others), key: "name", documents: 30) == verdict,
            "\(name)")
    }

    @Test func aFieldThatIsRareIsNotToldOf() {
        let field = Self.statistics(Self.many(4) { "what is said in sentence \($0)" })
        #expect(FieldVerdict(field, key: "name", documents: 100) == .ignore)
        #expect(FieldVerdict(field, key: "name", documents: 80) == .propose)
        // Under a name of its own it may be data, and is told without that name.
        #expect(FieldVerdict(field, key: "by.name", documents: 100) == .rare)
    }

    @Test func titlesAreProposedThoughTheyAreOneWord() {
        let field = Self.statistics(Self.many { "Alien" + String(repeating: "s", count: $0) })
        #expect(FieldVerdict(field, key: "name", documents: 30) == .pass("single words or names"))
        #expect(FieldVerdict(field, key: "film.title", documents: 30) == .propose)
        let codes = Self.statistics(Self.many { "AB-\($0)" })
        #expect(FieldVerdict(codes, key: "title", documents: 30) == .pass("ids, codes or hashes"))
    }

    @Test func textsInArraysAreOutOfReach() throws {
        var statistics = CollectionStatistics("docs")
        for number in 0..<30 {
            statistics.add(
                try BSONDocument(
                    json: """
                        {"tags": ["one", "two"], "mixed": ["one", 2], "none": [],
                         "comments": [{"text": "what somebody says of number \(number)", "stars": 3}]}
                        """))
        }
        func verdict(_ key: String) throws -> FieldVerdict {
            FieldVerdict(try #require(statistics.fields[key]), key: key, documents: 30)
        }
        guard case .outOfReach(let tags) = try verdict("tags"), tags.contains("arrays of texts"),
            case .outOfReach(let comments) = try verdict("comments.text"),
            comments.contains("within an array")
        else {
            Issue.record("\(try verdict("tags")), \(try verdict("comments.text"))")
            return
        }
        #expect(try verdict("mixed") == .ignore)
        #expect(try verdict("none") == .ignore)
    }

    @Test(arguments: [
        ("mongodb://127.0.0.1:27017", "mongodb://127.0.0.1:27017", false),
        ("mongodb://a,b:1/?replicaSet=rs0", "mongodb://a,b:1/?replicaSet=rs0", false),
        ("mongodb://u:p@a/shop?authSource=admin&tls=true", "mongodb://a/shop?tls=true", true),
        ("mongodb://u@a/?authMechanism=MONGODB-X509&tls=true", "mongodb://a/?tls=true", true),
        ("mongodb+srv://u:p%40@a.example.net", "mongodb+srv://a.example.net", true),
        (
            "mongodb://a/?tlsCertificateKeyFilePassword=secret&directConnection=true",
            "mongodb://a/?directConnection=true", true
        ),
        ("mongodb://[::1]:27017/", "mongodb://[::1]:27017/", false), ("mongodb://a/?appName={x}", nil, false),
    ])
    func aConnectionStringStandsInTheFileWithoutItsSecrets(uri: String, text: String?, isReduced: Bool) {
        let plain = PlainURI(uri)
        #expect(plain.text == text && plain.isReduced == isReduced)
    }

    @Test(arguments: [
        "docs", "a.b", "", " ", "true", "1", "1.5", "-", "- a", "a: b", "a #b", "null", "~", "\"", "\\",
        "a\nb", "${X}", "$${X}",
        "é", "中文", "{a}", "[a]", "&a", "*a", "!a", "%a", "@a", "`a`", "'a'", "\u{0}x", "\u{2028}", "on", ".5",
        "0x10", "1e3", "a/b",
        "=", "<<", "2026-01-01",
    ])
    func anyNameIsReadBackAsItIs(name: String) throws {
        let text = """
            mongodb: {uri: mongodb://a, database: shop}
            models:
              a:
                exec: [one, \(YAMLText.scalar(name))]
                environment: {A: \(YAMLText.scalar(name))}
            listeners: [{model: a, on: docs, key: text}]
            """
        let file =
            name.contains("\u{0}")
            ? nil
            : try Configuration.parse(
                Array(text.utf8), file: "f", directory: "/", environment: [:])
        guard let file else { return }
        let exec = try #require(file.models["a"]?.provider as? ExecSpec)
        #expect(exec.arguments == ["one", name])
    }
}
