import LockstepCore
import LockstepReading
import MongoBSON
import Testing

@testable import LockstepProviders

/// Chat models: what they are asked, and answers that fit their schema or do not.
@Suite struct ChatTests {
    private static let mood: JSON = ["type": "string", "enum": ["good", "bad"]]

    private static func said(_ content: JSON, reason: String = "stop", refusal: JSON = nil) -> HTTPAnswer {
        let message: JSON = ["role": "assistant", "content": content, "refusal": refusal]
        let body: JSON = [
            "choices": [["index": 0, "message": message, "finish_reason": .string(reason)]],
            "usage": ["prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16],
        ]
        return HTTPAnswer(status: 200, body: body.bytes)
    }

    /// A model that says these things one after another.
    private func model(
        _ answers: [HTTPAnswer], schema: JSON? = mood, vectors: VectorFormat? = nil
    ) -> (model: HTTPModel, transport: ScriptedTransport) {
        let rest = Rest(answers)
        let transport = ScriptedTransport { _, _ in rest.next() }
        var spec = HTTPSpec.test(.chat)
        var chat = ChatSpec()
        chat.system = "You label reviews."
        chat.prompt = "Label: {{input}}!"
        chat.schema = schema.map { AnswerSchema($0) }
        spec.chat = chat
        return (spec.model(over: transport, vectors: vectors), transport)
    }

    @Test func whatIsAsked() async throws {
        let (model, transport) = model([Self.said(#"{"value": "good"}"#)])
        let reply = try await model.ask(ProviderBatch(["fine"]))
        #expect(reply.answers == [.value("good")] && reply.usage.tokens == 11)
        let asked = try #require(transport.asked.first)
        #expect(asked.url == "http://models.test:8000/v1/chat/completions")
        #expect(
            asked.body.text
                == #"{"model":"small","messages":[{"role":"system","content":"You label reviews."},{"role":"user","content":"Label: fine!"}],"response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":{"type":"object","properties":{"value":{"type":"string","enum":["good","bad"]}},"required":["value"],"additionalProperties":false}}}}"#
        )
        #expect(model.limits.count == 1 && model.takesTexts)
    }

    @Test func whatIsSentBesideATextIsSaid() async throws {
        let (model, transport) = model([Self.said(#"{"value": "good"}"#)])
        _ = try await model.ask(ProviderBatch(["fine"]))
        let asked = try #require(transport.asked.first?.body)
        #expect(model.frame.text.contains("You label reviews."))
        #expect(model.frame.text.contains("Label: !"))
        #expect(model.frame.text.contains(asked["response_format"]?.text ?? "no format"))
        var chat = ChatSpec()
        #expect(chat.frame == .none)
        chat.prompt = "{{input}}\nWhat is the mood of this: {{input}}"
        #expect(chat.frame == InputFrame("\nWhat is the mood of this: ", repeats: 2))
        #expect(chat.frame.bytes(inputs: 3, size: 100) == 200 + 3 * 27)
    }

    @Test(arguments: [
        (#"{"value": "good"}"#, "good"), (#""good""#, "good"), ("```json\n{\"value\": \"bad\"}\n```", "bad"),
        ("<think>is it good?\nno</think>\n{\"value\": \"bad\"}", "bad"),
    ])
    func whatIsUnderstood(content: String, value: BSONValue) async throws {
        let (model, _) = model([Self.said(.string(content))])
        #expect(try await model.ask(ProviderBatch(["fine"])).answers == [.value(value)])
    }

    @Test func oneThatDoesNotFitIsAskedForOnceMoreWithTheReason() async throws {
        let (model, transport) = model([
            Self.said(#"{"value": "splendid"}"#), Self.said(#"{"value": "good"}"#),
        ])
        let reply = try await model.ask(ProviderBatch(["fine"]))
        #expect(reply.answers == [.value("good")] && reply.usage == Usage(requests: 2, tokens: 22))
        let messages = try #require(transport.asked.last?.body["messages"]?.elements)
        #expect(messages.count == 4 && messages[2]["content"]?.string == #"{"value": "splendid"}"#)
        #expect(messages[3]["content"]?.string?.contains(#"is none of "good", "bad""#) == true)
    }

    @Test(arguments: [
        (said(#"{"value": "splendid"}"#), "asked twice", 2), (said("no JSON"), "no JSON", 2),
        (said(#"{"value": "go"#, reason: "length"), "length", 2), (said(nil), "no JSON", 2),
        (said(nil, refusal: "I will not label this."), "I will not label this", 1),
        (said("", reason: "content_filter"), "content_filter", 1),
    ])
    func oneThatNeverFitsIsRefused(answer: HTTPAnswer, words: String, requests: Int) async throws {
        let (model, transport) = model([answer, answer])
        guard case .refused(let reason)? = try await model.ask(ProviderBatch(["fine"])).answers.first else {
            Issue.record("it is not refused")
            return
        }
        #expect(reason.contains(words), "\(reason)")
        #expect(transport.asked.count == requests)
    }

    @Test func withoutASchemaAnAnswerIsItsText() async throws {
        let (model, transport) = model([Self.said("  a summary \n")], schema: nil)
        #expect(try await model.ask(ProviderBatch(["fine"])).answers == [.value("a summary")])
        #expect(transport.asked.first?.body["response_format"] == nil)
    }

    @Test func numbersBecomeAVectorWhereThatIsWanted() async throws {
        let schema: JSON = ["type": "array", "items": ["type": "number"]]
        let (model, _) = model([Self.said(#"{"value": [1, 0.5]}"#)], schema: schema, vectors: .bson)
        #expect(
            try await model.ask(ProviderBatch(["fine"])).answers == [.value(BSONValue(vector: [1, 0.5]))])
    }

    @Test(arguments: [9, -1, Int.max]) func onlyWhatCanBeACountIsOne(count: Int) async throws {
        let body: JSON = [
            "choices": [["message": ["content": #"{"value": "bad"}"#]]],
            "usage": ["prompt_tokens": .int(count)],
        ]
        let (model, _) = model([HTTPAnswer(status: 200, body: body.bytes)])
        #expect(try await model.ask(ProviderBatch(["fine"])).usage.tokens == (count == 9 ? 9 : nil))
    }

    @Test func aServerThatDoesNotWorkIsAnOutage() async {
        let (model, _) = model([ScriptedTransport.error(401, "no")])
        await #expect(throws: ModelError.self) { try await model.ask(ProviderBatch(["fine"])) }
    }

    // MARK: Schemas

    // One row a line.
    // swift-format-ignore
    static let fits: [(schema: JSON, value: JSON, misfit: String?)] = [
        (["type": "string"], "a", nil), (["type": "string"], 1, "is no string"),
        (["type": ["string", "null"]], nil, nil), (["type": "integer"], 2.0, nil), (["type": "integer"], 2.5, "is no integer"),
        (["type": "number"], 2, nil), (["type": "boolean"], true, nil), (["type": "null"], false, "is no null"),
        (["enum": ["a", 1]], 1.0, nil), (["enum": ["a"]], "b", "is none of"), (["const": ["a": 1]], ["a": 1.0], nil),
        (["const": 1], 2, "is not 1"), (["minimum": 1, "maximum": 5], 5, nil), (["minimum": 1], 0.5, "is below 1"),
        (["maximum": 5], 5.5, "is above 5"), (["exclusiveMinimum": 1], 1, "is not above 1"), (["exclusiveMaximum": 1], 1, "is not below 1"),
        (["multipleOf": 0.1], 0.3, nil), (["multipleOf": 2], 3, "is no multiple"),
        (["minLength": 2], "é", "is shorter"), (["maxLength": 2], "éé", nil), (["maxLength": 2], "abc", "is longer"),
        (["pattern": "^a.c$"], "abc", nil), (["pattern": "^a.c$"], "abd", "does not match"),
        (["items": ["type": "string"]], ["a", "b"], nil), (["items": ["type": "string"]], ["a", 1], "element 1 of the answer is no string"),
        (["minItems": 1], [], "fewer"), (["maxItems": 1], [1, 2], "more"), (["uniqueItems": true], [1, 1.0], "twice"),
        (["required": ["a"]], ["a": 1], nil), (["required": ["a"]], ["b": 1], "has no `a`"),
        (["properties": ["a": ["type": "string"]]], ["a": 1], "`a` of the answer is no string"),
        (["properties": ["a": [:]], "additionalProperties": false], ["a": 1, "b": 2], "does not have"),
        (["additionalProperties": ["type": "integer"]], ["b": "x"], "is no integer"),
        (["anyOf": [["type": "string"], ["type": "integer"]]], 1, nil), (["anyOf": [["type": "string"], ["type": "integer"]]], 1.5, "fits none"),
        (["title": "x", "description": "y", "format": "date", "default": 1], "z", nil),
    ]

    @Test(arguments: fits.indices) func aValueFitsOrNot(row: Int) {
        let (schema, value, misfit) = Self.fits[row]
        #expect(SchemaCheck.problems(of: schema).isEmpty)
        let found = SchemaCheck.misfit(value, schema)?.description
        #expect(
            misfit == nil ? found == nil : found?.contains(misfit ?? "") == true,
            "\(String(describing: found))")
    }

    @Test(
        arguments: [
            (["oneOf": []], "`oneOf` is not checked"), (["type": "text"], "`type` must be"),
            (["properties": ["a": ["minimum": "b"]]], "`minimum` must be a number"),
            (["enum": []], "`enum` must be"),
            (["pattern": "("], "`pattern` must be"), (["anyOf": "a"], "`anyOf` must be"),
            (["items": 5], "must be a mapping"),
            (["maxLength": -1], "`maxLength` must be"), (["required": [1]], "`required` must be"),
        ] as [(JSON, String)])
    func whatIsNoSchemaIsSaid(schema: JSON, words: String) {
        let problems = SchemaCheck.problems(of: schema)
        #expect(problems.count == 1 && problems[0].contains(words), "\(problems)")
    }

    @Test(arguments: [("^(a+)+$", 60), ("^(a|aa)+$", 90), ("(.*)*!", 1_000_000)])
    func aPatternThatWouldNeverEndIsGivenUp(pattern: String, length: Int) {
        let evil = JSON.string(String(repeating: "a", count: length) + "?")
        let began = ContinuousClock.now
        // Many of them take no longer than one.
        let schema: JSON = ["items": ["anyOf": [["pattern": .string(pattern)], ["type": "integer"]]]]
        #expect(SchemaCheck.misfit(.array([evil, evil, evil]), schema) != nil)
        let found = SchemaCheck.misfit(evil, ["pattern": .string(pattern)])?.description
        // Of the others the expression itself gives up.
        let words = length > 1000 ? "within a second" : "match"
        #expect(found?.contains(words) == true, "\(String(describing: found))")
        #expect(ContinuousClock.now - began < .seconds(20))
        #expect(SchemaCheck.misfit("aaa!", ["pattern": .string(pattern.replacing("$", with: ""))]) == nil)
    }

    @Test(arguments: [
        ("", "a", true), ("b", "abc", true), ("^\\p{L}+$", "größer", true), ("^.{2}$", "日本", true),
        ("^[a-z]+$", "abC", false), ("\\d{4}-\\d{2}", "on 2024-05", true), ("^x", "", false),
        ("^$", "", true),
    ])
    func aPatternMatchesAPartOfTheText(pattern: String, text: String, fits: Bool) {
        #expect(SchemaCheck.problems(of: ["pattern": .string(pattern)]).isEmpty)
        #expect((SchemaCheck.misfit(.string(text), ["pattern": .string(pattern)]) == nil) == fits)
    }

    @Test func aSchemaIsStrictWhereEverythingIsRequired() {
        let open: JSON = ["type": "object", "properties": ["a": ["type": "string"]]]
        let strict: JSON = [
            "type": "object", "properties": ["a": ["type": "string"]], "required": ["a"],
            "additionalProperties": false,
        ]
        for (schema, isStrict) in [(open, false), (strict, true), (["type": "array", "items": open], false)] {
            #expect(AnswerSchema(schema).responseFormat["json_schema"]?["strict"] == .bool(isStrict))
        }
        #expect(AnswerSchema(strict).responseFormat["json_schema"]?["schema"] == strict)
    }
}
