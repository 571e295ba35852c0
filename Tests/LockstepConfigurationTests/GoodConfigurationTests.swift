import Lockstep
import LockstepProviders
import LockstepReading
import Testing

@testable import LockstepConfiguration

@Suite struct GoodConfigurationTests {
    @Test func theExampleOfTheContractIsRead() throws {
        let configuration = try parse(
            """
            mongodb:
              uri: ${MONGODB_URI:-mongodb://127.0.0.1:27017}   # a comment
              database: shop
            models:
              minilm:
                openvino: models/all-MiniLM-L6-v2
              length:
                exec: [python3, length.py]
                version: "1"
                workers: 1
            listeners:
              - model: minilm
                on: docs
                key: text
              - model: length
                on: docs
                key: [title, text]
                as: size
                where: {lang: en}
            """)
        #expect(configuration.mongodb.uri == "mongodb://127.0.0.1:27017")
        #expect(configuration.mongodb.database == "shop")
        #expect(configuration.reconcileEvery == .seconds(30))
        #expect(configuration.auditEvery == .seconds(86400))
        #expect(provider("minilm", of: configuration) == OpenVINOSpec(directory: "models/all-MiniLM-L6-v2"))
        #expect(provider("length", of: configuration) == ExecSpec(arguments: ["python3", "length.py"]))
        #expect(configuration.models["length"]?.version == "1")
        let listeners = configuration.listeners
        #expect(listeners.map(\.model) == ["minilm", "length"])
        #expect(listeners.map(\.keys) == [["text"], ["title", "text"]])
        #expect(listeners.map(\.outputPath?.text) == ["_outputs.text.minilm", "_outputs.size.length"])
        #expect(listeners.map(\.filter) == [nil, ["lang": "en"]])
        #expect(listeners.map(\.line) == [12, 15])
        #expect(configuration.warnings.isEmpty)
    }

    @Test func everyOptionOfAModelOverHTTPIsRead() throws {
        let configuration = try parse(
            mongodb + """
                models:
                  small:
                    http:
                      api: openai
                      url: https://models.test/v1/
                      model: text-embedding-3-small
                      key: ${KEY}
                      dimensions: 512
                      headers: {X-Team: search}
                    timeout: 30s
                    price: 0.02
                    budget: 5/day
                    limits: {requests: 3000/m, tokens: 1.5M/h, concurrency: 4}
                    batchApi: {above: 10000}
                    maxTokens: 100
                    prefix: "p: "
                    queryPrefix: "q: "
                    overlong: refuse
                    memo: false
                  mood:
                    http: {api: chat, url: "http://127.0.0.1:11434/v1", model: qwen3, system: Label., prompt: "It says: {{input}}", schema: {type: string, enum: [good, 1, true]}}
                  local: {http: {api: ollama, model: nomic-embed-text}}
                listeners: [{model: small, on: docs, key: text}]
                """, environment: ["KEY": "sk-1"])
        let small: HTTPSpec = try #require(provider("small", of: configuration))
        #expect(small.api == .openai && small.model == "text-embedding-3-small" && small.dimensions == 512)
        #expect(
            small.endpoint
                == Endpoint(url: "https://models.test/v1", key: "sk-1", headers: ["X-Team": "search"]))
        #expect(small.timeout == .seconds(30) && small.maxTokens == 100)
        #expect(small.texts == TextSettings(prefix: "p: ", queryPrefix: "q: ", overlong: .refuse))
        #expect(
            small.terms
                == ModelTerms(
                    requests: Rate(3000, per: .seconds(60)), tokens: Rate(1_500_000, per: .seconds(3600)),
                    concurrency: 4,
                    price: 0.02, budget: Budget(5, per: .day), hasMemo: true, batch: BatchTerms(above: 10000))
        )
        let assembly = try configuration.assemble()
        #expect(assembly.models["small"]?.terms.hasMemo == false)
        #expect(
            assembly.models["small"]?.limits.concurrency == 4
                && assembly.models["small"]?.limits.count == 2048)
        let mood: HTTPSpec = try #require(provider("mood", of: configuration))
        #expect(
            mood.chat?.system == "Label." && mood.chat?.prompt == "It says: {{input}}"
                && mood.endpoint.key == nil)
        #expect(mood.chat?.schema?.json == ["type": "string", "enum": ["good", 1, true]])
        let local: HTTPSpec = try #require(provider("local", of: configuration))
        #expect(local.endpoint.base == "http://127.0.0.1:11434" && local.terms == ModelTerms(hasMemo: true))
        #expect(assembly.models["mood"]?.terms.hasMemo == true && assembly.models["mood"]?.takesTexts == true)
    }

    @Test func everyOptionOfAProgramIsRead() throws {
        let configuration = try parse(
            mongodb + """
                models:
                  length:
                    exec: [./length, --port, 80]
                    timeout: 1m30s
                    workers: ${WORKERS}
                    environment: {TOKEN: "${TOKEN}", EMPTY: ""}
                    vectors: array
                    version: 1.0
                    batch: {count: 10, bytes: 1000}
                listeners: [{model: length, on: docs, key: text}]
                reconcileEvery: 5m
                auditEvery: 2h
                """, environment: ["WORKERS": "4", "TOKEN": "secret"])
        let model = try #require(configuration.models["length"])
        let exec = ExecSpec(
            arguments: ["./length", "--port", "80"], timeout: .seconds(90), workers: 4,
            environment: ["TOKEN": "secret", "EMPTY": ""])
        #expect(provider("length", of: configuration) == exec)
        #expect(model.vectors == .array)
        #expect(model.version == "1.0")
        #expect(model.batchCount == 10)
        #expect(model.batchBytes == 1000)
        #expect(configuration.reconcileEvery == .seconds(300))
        #expect(configuration.auditEvery == .seconds(7200))
    }

    @Test func theDatabaseMayStandInTheURI() throws {
        let configuration = try parse(
            """
            mongodb: {uri: "mongodb://user:secret@host/shop?authSource=admin"}
            models: {length: {exec: [length]}}
            listeners: [{model: length, on: docs, key: text}]
            """)
        #expect(configuration.mongodb.database == "shop")
        #expect(!configuration.mongodb.redactedURI.contains("secret"))
        #expect(configuration.mongodb.redactedURI.contains("***"))
    }

    @Test func aListenerMayTakeAnotherOnesOutput() throws {
        let configuration = try parse(
            file(
                listeners: """
                      - {model: length, on: docs, key: _outputs.text.minilm, as: norm}
                      - {model: minilm, on: docs, key: text}
                      - {model: minilm, on: docs, key: _outputs.norm.length.detail, as: deep}
                    """))
        #expect(configuration.listeners.count == 3)
    }

    @Test func sameKeysOnOtherCollectionsOrModelsAreApart() throws {
        let configuration = try parse(
            file(
                listeners: """
                      - {model: length, on: docs, key: text}
                      - {model: length, on: news, key: text}
                      - {model: minilm, on: docs, key: text}
                      - {model: length, on: docs, key: text, as: again}
                    """))
        #expect(configuration.listeners.count == 4)
    }

    @Test func aModelWithoutListenersIsAWarning() throws {
        let configuration = try parse(file(listeners: "  - {model: length, on: docs, key: text}"))
        #expect(
            configuration.warnings.map(\.description) == [
                "lockstep.yaml:3: no listener uses the model `minilm`"
            ])
    }

    @Test func anchorsAreFollowed() throws {
        let configuration = try parse(
            file(
                listeners: """
                      - {model: length, on: docs, key: &key text, where: &english {lang: en}}
                      - {model: minilm, on: docs, key: *key, where: *english}
                    """))
        #expect(configuration.listeners[1].keys == ["text"])
        #expect(configuration.listeners[1].filter == ["lang": "en"])
    }

    @Test(arguments: [
        ("a: 1", #"{"a": 1}"#),
        ("a: -7", #"{"a": -7}"#),
        ("a: 5000000000", #"{"a": 5000000000}"#),
        ("a: 1.5", #"{"a": 1.5}"#),
        ("a: 1e3", #"{"a": 1000.0}"#),
        ("a: 0x1F", #"{"a": 31}"#),
        ("a: .inf", #"{"a": {"$numberDouble": "Infinity"}}"#),
        ("a: true", #"{"a": true}"#),
        ("a: 'true'", #"{"a": "true"}"#),
        ("a: \"1\"", #"{"a": "1"}"#),
        ("a: !!str 1", #"{"a": "1"}"#),
        ("a: ~", #"{"a": null}"#),
        ("a:", #"{"a": null}"#),
        ("a: 1.2.3", #"{"a": "1.2.3"}"#),
        ("a: 10:30", #"{"a": "10:30"}"#),
        ("a: 2026-01-02", #"{"a": {"$date": "2026-01-02T00:00:00Z"}}"#),
        ("a: 2026-01-02T03:04:05.678Z", #"{"a": {"$date": "2026-01-02T03:04:05.678Z"}}"#),
        ("a: '2026-01-02'", #"{"a": "2026-01-02"}"#),
        ("a: {$gte: 1, $lt: 5}", #"{"a": {"$gte": 1, "$lt": 5}}"#),
        ("a: {$in: [x, 2, null]}", #"{"a": {"$in": ["x", 2, null]}}"#),
        ("$or: [{a: 1}, {b.c: 2}]", #"{"$or": [{"a": 1}, {"b.c": 2}]}"#),
        ("a: {$date: 2026-01-02T00:00:00Z}", #"{"a": {"$date": "2026-01-02T00:00:00Z"}}"#),
        ("a: {$date: {$numberLong: 1000}}", #"{"a": {"$date": "1970-01-01T00:00:01Z"}}"#),
        ("a: {$oid: 65f0c0ffee65f0c0ffee65f0}", #"{"a": {"$oid": "65f0c0ffee65f0c0ffee65f0"}}"#),
        ("a: {$numberLong: 5}", #"{"a": {"$numberLong": "5"}}"#),
        ("a: {$numberDecimal: 1.10}", #"{"a": {"$numberDecimal": "1.10"}}"#),
        (
            "a: {$regularExpression: {pattern: ^x, options: i}}",
            #"{"a": {"$regularExpression": {"pattern": "^x", "options": "i"}}}"#
        ),
        ("a: {$timestamp: {t: 1, i: 2}}", #"{"a": {"$timestamp": {"t": 1, "i": 2}}}"#),
        (
            "a: {$binary: {base64: AQI=, subType: \"00\"}}",
            #"{"a": {"$binary": {"base64": "AQI=", "subType": "00"}}}"#
        ),
        ("a: {$minKey: 1}", #"{"a": {"$minKey": 1}}"#),
        ("a: {$regex: ^x, $options: i}", #"{"a": {"$regex": "^x", "$options": "i"}}"#),
        ("a: ${AGE}", #"{"a": 18}"#),
        ("a: '${AGE}'", #"{"a": "18"}"#),
    ])
    func aFilterBecomesBSON(yaml: String, json: String) throws {
        let listener = "  - model: length\n    on: docs\n    key: text\n    where:\n      \(yaml)"
        let configuration = try parse(file(listeners: listener), environment: ["AGE": "18"])
        let filter = try #require(configuration.listeners.first?.filter)
        // `$regex` as an operator is not what libbson makes of the same JSON.
        let expected =
            yaml.contains("$regex:")
            ? ["a": ["$regex": "^x", "$options": "i"]] : try BSONDocument(json: json)
        #expect(filter == expected)
    }

    @Test(arguments: [
        ("30s", 30_000), ("500ms", 500), ("5m", 300_000), ("1h30m", 5_400_000), ("1.5s", 1500),
        ("2d", 172_800_000),
    ])
    func aLengthOfTimeIsRead(text: String, milliseconds: Int) {
        #expect(Duration(written: text) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "30", "s", "-5s", "5 m", "5x", "1..5s", "99999999999d", "5m3", "1e3s"])
    func whatIsNoLengthOfTimeIsRefused(text: String) {
        #expect(Duration(written: text) == nil)
    }
}
