import Lockstep
import Testing
import TestSupport

/// Names and values from outside are data, whatever they look like.
@Suite struct InjectionTests {
    private static let answers = """
        import json, sys
        for line in sys.stdin:
            request = json.loads(line)
            answer = ", ".join(text if isinstance(text, str) else json.dumps(text) for text in request["inputs"])
            print('{"id": %d, "predictions": [%s]}' % (request["id"], answer), flush=True)
        """

    /// A model that answers the very JSON that its input holds.
    private func parrot() throws -> Project {
        let project = try Project(
            try TestServer.uri(),
            model: "{exec: [python3, parrot.py], version: \"1\", batch: {count: 10}}")
        try project.write("parrot.py", Self.answers)
        return project
    }

    private static let valid: [String] = [
        #"{"$set": {"text": "owned"}}"#, #"{"a.b": 1, "c": {"d.e": 2}}"#, #"{"$unset": "text"}"#, #""$text""#,
        #""$$ROOT""#, #"[{"$concat": ["$text", "!"]}]"#, #"{"$literal": 1}"#, #"{"": 1}"#, #"{"_id": 99}"#,
        #"{"$where": "sleep(1000)"}"#, #"{"$expr": {"$function": {"body": "1", "args": [], "lang": "js"}}}"#,
        #"{"a": {"$set": 1}, "b": [{"$push": {"x.y": 1}}]}"#, #"{"$each": [1, 2]}"#,
        #"{"$currentDate": true}"#,
    ]
    private static let broken: [String] = [
        #"{"$oid": "zz"}"#, #"{"$date": "soon"}"#, #"{"$numberLong": {}}"#, #"{"$binary": "x"}"#,
    ]

    @Test func whatAModelAnswersIsStoredAndNeverExecuted() async throws {
        let project = try parrot()
        let texts = Self.valid + Self.broken
        try project.insert(texts.enumerated().map { ($0 + 1, $1) })
        try await project.running { _ async throws in
            #expect(try await project.lockstep("wait").status == 0)
        }
        var parked = 0
        for (index, text) in texts.enumerated() {
            let document = try #require(try project.document(BSONValue(index + 1)))
            // Nothing but our own fields is new.
            #expect(document["text"]?.string == text)
            let names = Set(document.map { key, _ in key })
            #expect(names.isSubset(of: ["_id", "text", "_outputs", "_lockstep"]), "\(document.json)")
            guard let output = document[path: "_outputs.text.length"] else {
                parked += 1
                continue
            }
            #expect(index < Self.valid.count, "\(text) is no value: \(document.json)")
            #expect(output == (try BSONDocument(json: "{\"x\": \(text)}"))["x"], "\(document.json)")
        }
        // What is not stored is parked, with a reason.
        let (_, report) = try await project.verify()
        #expect(
            report["failed"]?.int == parked && report["fresh"]?.int == texts.count - parked, "\(report.json)")
        #expect(parked == Self.broken.count)
        let reasons = try await project.lockstep("failures", "list", "--json").lines
        #expect(reasons.count == parked, "\(reasons)")
        #expect(try project.count("docs") == texts.count)
    }

    @Test func whatADocumentHoldsIsComparedAndNeverExecuted() async throws {
        let project = try Project(try TestServer.uri())
        let inputs: [BSONValue] = [
            ["$gt": ""], ["$ne": .null], ["$where": "sleep(1000)"], ["$expr": true],
            ["a.b": 1, "": ["$x.y": 2]],
            "$text", "$$ROOT", ["$literal": 1], [["$in": []], "$x"], ["$regex": "."],
            ["$not": ["$exists": true]],
        ]
        let documents =
            inputs.enumerated().map { index, input -> BSONValue in
                ["_id": BSONValue(index), "text": input, "dotted.name": 1, "$set": ["text": "owned"]]
            } + [
                ["_id": ["a.b": ["": 1]], "text": "bad"], ["_id": "$where", "text": "bad"],
                ["_id": ["listener": ["$x"]], "text": "bad"],
            ]
        let inserted = try project.command(["insert": "docs", "documents": BSONValue(documents)])
        #expect(inserted["n"]?.int == documents.count, "\(inserted.json)")
        try await project.running { _ async throws in
            #expect(try await project.lockstep("wait").status == 0)
            #expect(try await project.verify().report["fresh"]?.int == inputs.count)
            // A parked document is found by its strange `_id`, and no other one.
            let told = try await project.lockstep("failures", "retry", "--id", #"{"a.b": {"": 1}}"#)
            #expect(told.out.contains("1 parked document"), "\(told)")
            // An input that changed is another input, though it looks like a condition that both meet.
            for index in inputs.indices {
                try project.update(index, ["$set": ["other": 1]])
            }
            try project.update(0, ["$set": ["text": ["$type": "object"]]])
            #expect(try await project.lockstep("wait").status == 0)
        }
        let (status, report) = try await project.verify()
        #expect(
            status == 1 && report["failed"]?.int == 3 && report["fresh"]?.int == inputs.count,
            "\(report.json)")
        let text = try #require(try project.document(0))
        #expect(text["text"] == ["$type": "object"])
        #expect(text["$set"] == ["text": "owned"], "\(text.json)")
    }

    @Test(arguments: [
        ("key: $where", "begins with `$`"), ("key: a.$b", "begins with `$`"), ("key: _id", "`_id`"),
        ("key: a..b", "empty part"), ("key: \"a\\0b\"", "NUL"), ("key: _lockstep.text", "provenance"),
        ("key: text, as: $set", "must not begin with `$`"), ("key: text, as: \"a\\0b\"", "NUL"),
    ])
    func aNameThatMongoDBWouldExecuteIsRefusedWithItsLine(key: String, reason: String) async throws {
        let project = try Project("mongodb://127.0.0.1:1")
        try project.write(
            "lockstep.yaml",
            """
            mongodb: {uri: "mongodb://127.0.0.1:1", database: shop}
            models: {length: {exec: [cat]}}
            listeners:
              - {model: length, on: docs, \(key)}
            """)
        let ending = try await project.lockstep("run")
        #expect(ending.status == 78 && ending.err.contains("lockstep.yaml:4: "), "\(ending)")
        #expect(ending.err.contains(reason), "\(ending)")
    }
}
