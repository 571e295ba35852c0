import Lockstep
import Testing

@testable import LockstepConfiguration

/// What is wrong in a file, and the exact words about it.
@Suite struct BadConfigurationTests {
    @Test func allProblemsAreReportedAtOnceInTheOrderOfTheLines() {
        let found = problems(
            """
            mongodb:
              url: mongodb://127.0.0.1
              database: my.shop
            models:
              minilm: {openvino: models/minilm, workers: 2}
              length: {exec: python3 length.py, timeout: 60}
            listeners:
              - modle: minilm
                on: docs
                key: text
              - {model: lenght, on: docs, key: [a, b]}
              - {model: minilm, on: docs, key: text, key: title}
            reconcileEvery: 5
            """)
        #expect(
            found == [
                "lockstep.yaml:2: unknown key `url` of `mongodb`: did you mean `uri`?",
                "lockstep.yaml:3: the database's name `my.shop` must not hold `.`",
                "lockstep.yaml:5: `workers` is for `exec` models, the model `minilm` is an `openvino` one: take it out",
                "lockstep.yaml:6: `exec` must be a list, as `[python3, length.py]`: found `python3 length.py`",
                "lockstep.yaml:6: `timeout` must be a length of time above zero with its unit, as `60s` or `5m`: found `60`",
                "lockstep.yaml:8: unknown key `modle` of a listener: did you mean `model`?",
                "lockstep.yaml:11: a listener with a list of keys needs `as`, which names its output: as `as: summary`",
                "lockstep.yaml:11: there is no model `lenght`: did you mean `length`?",
                "lockstep.yaml:12: the key `key` stands here again, after line 12: keep one of them",
                "lockstep.yaml:13: `reconcileEvery` must be a length of time above zero with its unit, as `5s` or `5m`: found `5`",
            ])
    }

    @Test(arguments: Self.filesThatAreNone)
    func aFileThatIsNoConfigurationIsRefused(text: String, message: String) {
        #expect(problems(text) == [message])
    }

    @Test(arguments: Self.mongoProblems)
    func aProblemWithMongoDBSaysWhatToWrite(text: String, expected: String) {
        let rest = "\nmodels: {length: {exec: [length]}}\nlisteners: [{model: length, on: docs, key: text}]\n"
        #expect(
            Set(problems(text + rest)) == Set(expected.split(separator: "|").map { "lockstep.yaml:\($0)" }))
    }

    @Test(arguments: Self.modelProblems)
    func aProblemWithAModelSaysWhatToWrite(model: String, message: String) {
        let text = mongodb + "models:\n  \(model)\nlisteners: [{model: length, on: docs, key: text}]\n"
        #expect(problems(text) == ["lockstep.yaml:3: \(message)"])
    }

    @Test(arguments: Self.httpProblems)
    func aProblemWithAModelOverHTTPSaysWhatToWrite(model: String, messages: [String]) {
        let text =
            mongodb + "models:\n  length: {\(model)}\nlisteners: [{model: length, on: docs, key: text}]\n"
        let found = problems(text)
        #expect(found == messages.map { "lockstep.yaml:3: \($0)" })
        #expect(!found.joined().contains("hunter2"))
    }

    @Test(arguments: Self.listenerProblems)
    func aProblemWithAListenerSaysWhatToWrite(listener: String, message: String) {
        // A `$` and a brace cannot stand unquoted in braces.
        let quoted = listener.replacing("${NOT_SET}", with: "'${NOT_SET}'")
        let found = problems(file(listeners: "  - {model: minilm, on: docs, key: text}\n  - \(quoted)"))
        #expect(
            found.filter { !$0.hasSuffix("a key must not be empty") || message == "a key must not be empty" }
                == ["lockstep.yaml:7: \(message)"])
    }

    @Test func aVariableThatIsNotSetIsOneProblem() {
        let found = problems(
            """
            mongodb:
              uri: ${URI}
              database: shop
            models:
              small:
                http:
                  api: openai
                  model: m
                  key: ${OPENAI_API_KEY}
                timeout: ${TIME}
              length: {exec: [python3, "${FILE}"]}
              e5:
                openvino: ${FOLDER}
            listeners:
              - model: small
                on: docs
                key: ${FIELD}
              - {model: e5, on: docs, key: text}
            server:
              token: ${TOKEN}
            """)
        func advised(_ line: Int, _ name: String) -> String {
            "lockstep.yaml:\(line): the variable `\(name)` is not set: set it, or write a default as `${\(name):-…}`"
        }
        #expect(
            found == [
                advised(2, "URI"), "lockstep.yaml:9: the variable `OPENAI_API_KEY` is not set: set it",
                advised(10, "TIME"), advised(11, "FILE"), advised(13, "FOLDER"), advised(17, "FIELD"),
                "lockstep.yaml:20: the variable `TOKEN` is not set: set it",
            ])
    }

    @Test func aCycleOfListenersIsNamedWithItsLines() {
        let found = problems(
            file(
                listeners: """
                      - {model: length, on: docs, key: _outputs.b.length, as: a}
                      - {model: length, on: docs, key: _outputs.c.length, as: b}
                      - {model: length, on: docs, key: [text, _outputs.a.length], as: c}
                      - {model: minilm, on: docs, key: _outputs.a.length, as: beside}
                    """))
        #expect(
            found == [
                "lockstep.yaml:8: a cycle of listeners: `_outputs.a.length` (line 6) is computed from `_outputs.b.length` (line 7), "
                    + "that from `_outputs.c.length` (line 8), that from `_outputs.a.length` (line 6): take one of the keys out"
            ])
    }

    @Test(arguments: Self.variableProblems)
    func aVariableThatCannotBeFilledIsAProblem(text: String, message: String) {
        #expect(Variables(environment: [:]).expand(text).problems == [message])
    }

    @Test(arguments: [
        ("${A}", "1"), ("x${A}y${A}z", "x1y1z"), ("${GONE:-d}", "d"), ("${A:-d}", "1"), ("${EMPTY:-d}", "d"),
        ("${EMPTY}", ""), ("${GONE:-}", ""), ("${GONE:-${A}}!", "1!"), ("${A:-${GONE}}", "1"),
        ("$${A}", "${A}"),
        ("$A $$ {A}", "$A $$ {A}"), ("${GONE:-mongodb://h:1/?a=b}", "mongodb://h:1/?a=b"), ("ü${A}", "ü1"),
    ])
    func variablesAreFilled(text: String, expected: String) {
        let (filled, problems) = Variables(environment: ["A": "1", "EMPTY": ""]).expand(text)
        #expect(filled == expected)
        #expect(problems.isEmpty)
    }

    @Test(arguments: [
        "mongodb://user:hunter2@host/?tls=maybe", "mongodb://user:hunter2@host", "https://hunter2@host",
    ])
    func noPasswordIsEverShown(secret: String) {
        let texts = [
            "mongodb: {uri: '\(secret)', database: '\(secret)'}\n", "mongodb: '\(secret)'\n",
            "'\(secret)': 1\n",
            "mongodb: {uri: ${URI}, database: a, x: 1}\n", "mongodb:\n  uri: \(secret)\n  database: ${URI}\n",
            "mongodb: {uri: \"\(secret)\n", "\(secret): \(secret): x\n", "reconcileEvery: \(secret)\n",
            "models: {a: {exec: \(secret)}}\n",
            "models:\n  a: {exec: [a]}\nlisteners:\n  - {model: \(secret), on: \(secret), key: '\(secret)'}\n",
            "mongodb: {uri: '\(secret)', uri: '\(secret)'}\n",
        ]
        for text in texts {
            let found = problems(text, environment: ["URI": secret]).joined()
            #expect(!found.isEmpty)
            #expect(!found.contains("hunter2"), "\(found)")
        }
    }

    @Test(arguments: [
        "  m: {http: {api: '${KEY}', model: x}}",
        "  m: {http: {api: chat, url: 'http://h', model: x, schema: {items: '${KEY}'}}}",
        "  m: {openvino: x, pooling: '${KEY}'}", "  m: {openvino: x, batch: {count: '${KEY}'}}",
        "  m: {exec: [x]}\nserver: {host: '${KEY}'}", "  m: {exec: '${KEY}'}",
    ])
    func whatAVariableHoldsIsShownNowhere(model: String) {
        let key = "sk-proj-hunter2hunter2hunter2"
        let parts = model.split(separator: "\n").map(String.init)
        let listeners = [
            "{model: '${KEY}', on: docs, key: text}",
            "{model: m, on: docs, key: ['${KEY}', '${KEY}'], as: a}",
            "{model: m, on: docs, key: text, where: {a: '${DATE}'}}",
        ]
        for listener in listeners {
            let text =
                mongodb + "models:\n\(parts[0])\nlisteners: [\(listener)]\n" + parts.dropFirst().joined()
            let found = problems(text, environment: ["KEY": key, "DATE": "ISODate('hunter2')"]).joined()
            #expect(found.contains("${"), "\(found)")
            #expect(!found.contains("hunter2"), "\(found)")
        }
    }

    @Test func duplicateKeysAreReportedWithEverythingElse() {
        let found = problems(
            """
            mongodb: {uri: 'mongodb://h', database: a}
            models:
              length: {exec: [a]}
              other: {exec: [a], "version": 1, version: 2}
              length: {exec: [b]}
            listeners:
              - {model: length, on: docs, key: text, where: {a: 1, b: 2, a: 3}}
            models: {length: {exec: [a]}}
            """)
        #expect(
            found == [
                "lockstep.yaml:4: the key `version` stands here again, after line 4: keep one of them",
                "lockstep.yaml:5: the key `length` stands here again, after line 3: keep one of them",
                "lockstep.yaml:7: the key `a` stands here again, after line 7: keep one of them",
                "lockstep.yaml:8: the key `models` stands here again, after line 2: keep one of them",
            ])
    }

    @Test(
        arguments: [
            ("modle", "model"), ("MODEL", "model"), ("wher", "where"), ("xy", nil), ("listener", nil),
            ("ky", "key"),
        ] as [(String, String?)])
    func theNearestNameIsSuggested(word: String, expected: String?) {
        #expect(suggestion(for: word, among: ["model", "on", "key", "as", "where"]) == expected)
    }
}

extension BadConfigurationTests {
    // One row a line.
    // swift-format-ignore
    private static let filesThatAreNone: [(text: String, message: String)] = [
        ("", "lockstep.yaml: the file is empty: it needs `mongodb`, `models` and `listeners`"),
        ("# only a comment\n", "lockstep.yaml: the file is empty: it needs `mongodb`, `models` and `listeners`"),
        (
            "- a\n- b\n",
            "lockstep.yaml:1: the file must be a mapping with `mongodb`, `models`, `listeners`, `reconcileEvery`, `auditEvery`, `server`: found a list"
        ),
        (
            "mongodb: {uri: x\nmodels: 1\n",
            "lockstep.yaml:2: this is not YAML: did not find expected ',' or '}' while parsing a flow mapping (column 7)"
        ),
        (
            "a: 1\n\tb: 2\n",
            "lockstep.yaml:2: this is not YAML: found a tab character that violates indentation while scanning a plain scalar (column 1)"
        ),
        (
            "a: b: c\n", "lockstep.yaml:1: this is not YAML: mapping values are not allowed in this context (column 5)"
        ),
        ("a: *nobody\n", "lockstep.yaml:1: this is not YAML: found undefined alias (column 4)"),
        (
            "a: 1\n---\nb: 1\n",
            "lockstep.yaml:2: this is not YAML: but found another document expected a single document in the stream (column 1)"
        ),
    ]

    // One row a line.
    // swift-format-ignore
    private static let mongoProblems: [(text: String, expected: String)] = [
        ("mongodb: {database: shop}", "1: `mongodb` needs `uri`, as `uri: mongodb://127.0.0.1:27017`"),
        ("mongodb: {uri: 'mongodb://h'}", "1: `mongodb` needs `database`, as `database: shop`"),
        ("mongodb: {uri: 'mongodb://h/admin'}", "1: the database's name in the URI is MongoDB's own: choose another database"),
        ("mongodb: {uri: '127.0.0.1', database: a}", "1: `uri`: it must begin with `mongodb://` or `mongodb+srv://`"),
        ("mongodb: {uri: [a], database: a}", "1: `uri` must be a text, as `mongodb://127.0.0.1:27017`: found a list"),
        ("mongodb: {uri: 'mongodb://h', database: }", "1: `database` must be a text, as `shop`: found nothing"),
        ("mongodb: {uri: 'mongodb://h', database: ''}", "1: the database's name `` must not be empty"),
        ("mongodb: {uri: 'mongodb://h', database: config}", "1: the database's name `config` is MongoDB's own: choose another database"),
        ("mongodb: {uri: 'mongodb://h', database: 'a$b'}", "1: the database's name `a$b` must not hold `$`"),
        ("mongodb: 5", "1: `mongodb` must be a mapping with `uri`, `database`: found `5`"),
        ("mongodb: {uri: 'mongodb://h', database: a, tls: x}", "1: unknown key `tls` of `mongodb`, which has `uri`, `database`"),
        ("other: {}", "1: the file needs `mongodb`, as `mongodb: {uri: …, database: …}`|1: unknown key `other` of the file, which has `mongodb`, `models`, `listeners`, `reconcileEvery`, `auditEvery`, `server`"),
        ("mongo: {}", "1: unknown key `mongo` of the file: did you mean `mongodb`?"),
        ("servers: {}\n\(mongodb)", "1: unknown key `servers` of the file: did you mean `server`?"),
    ]

    // One row a line.
    // swift-format-ignore
    private static let modelProblems: [(model: String, message: String)] = [
        ("length: {}", "the model `length` needs `openvino: <directory>`, `exec: [<program>, …]` or `http: {api: <api>, model: <model>, …}`"),
        ("length: {exec: [a], openvino: b}", "the model `length` has both `openvino` and `exec`: keep one of them"),
        ("length: {exce: [a]}", "unknown key `exce` of the model `length`: did you mean `exec`?"),
        ("length: {command: [a]}", "unknown key `command` of the model `length`: did you mean `exec`?"),
        ("length: {exec: []}", "`exec` must be a list, as `[python3, length.py]`: found an empty list"),
        ("length: {exec: [a, [b]]}", "an entry of `exec` must be a text, as `[python3, length.py]`: found a list"),
        ("length: {exec: [a], workers: 0}", "`workers` must be a whole number from 1: found `0`"),
        ("length: {exec: [a], workers: many}", "`workers` must be a whole number from 1: found `many`"),
        ("length: {exec: [a], workers: 1000}", "`workers` must be 256 at most: found `1000`"),
        ("length: {exec: [a], timeout: 0s}", "`timeout` must be a length of time above zero with its unit, as `30s` or `5m`: found `0s`"),
        ("length: {exec: [a], vectors: float}", "`vectors` must be `bson` or `array`: found `float`"),
        ("length: {exec: [a], version: }", "`version` must be a text, as `\"1\"`: found nothing"),
        ("length: {exec: [a], version: ''}", "`version` must not be empty: leave it out, or write `\"1\"`"),
        ("length: {exec: [a], batch: 5}", "`batch` must be a mapping with `count`, `bytes`: found `5`"),
        ("length: {exec: [a], batch: {size: 5}}", "unknown key `size` of `batch`, which has `count`, `bytes`"),
        ("length: {exec: [a], environment: [A=b]}", "`environment` must be a mapping from names to values: found a list"),
        ("length: {exec: [a], environment: {A: [b]}}", "the variable `A` must be a text, as `\"\"`"),
        ("length: python3", "the model `length` must be a mapping with `openvino`, `exec`, `http`, `version`, `vectors`, `batch`, `memo`, `pooling`, `normalize`, `maxTokens`, `device`, `prefix`, `queryPrefix`, `overlong`, `timeout`, `startTimeout`, `workers`, `environment`, `price`, `budget`, `limits`, `batchApi`: found `python3`"),
        ("length: {openvino: a, pooling: first}", "`pooling` must be `mean`, `cls` or `last`: found `first`"),
        ("length: {openvino: a, normalize: 1}", "`normalize` must be `true` or `false`: found `1`"),
        ("length: {openvino: a, maxTokens: 0}", "`maxTokens` must be a whole number from 1: found `0`"),
        ("length: {openvino: a, device: \"\"}", "`device` must not be empty: leave it out, or write `GPU`"),
        ("length: {exec: [a], pooling: cls}", "`pooling` is for `openvino` models, the model `length` is an `exec` one: take it out"),
        ("length: {openvino: [a]}", "`openvino` must be a text, as `models/all-MiniLM-L6-v2`: found a list"),
        ("{length: {exec: [a]}, a.b: {exec: [a]}}", "the model's name `a.b` must not hold a dot: it is a part of the output's path"),
        ("{length: {exec: [a]}, $a: {exec: [a]}}", "the model's name `$a` must not begin with `$`, which MongoDB keeps for operators"),
    ]

    // One row a line.
    // swift-format-ignore
    private static let httpProblems: [(model: String, messages: [String])] = [
        ("http: openai", ["`http` must be a mapping with `api`, `url`, `model`, `key`, `dimensions`, `headers`, `system`, `prompt`, `schema`: found `openai`"]),
        ("http: {model: m}", ["`http` needs `api`, as `openai`"]),
        ("http: {api: opanai, model: m, key: k}", ["there is no `api` `opanai`: did you mean `openai`?"]),
        ("http: {api: vllm, model: m, key: k}", ["there is no `api` `vllm`: did you mean `openai`?"]),
        ("http: {api: openai}", ["`api: openai` needs `key`, as `${OPENAI_API_KEY}`", "`http` needs `model`, as `text-embedding-3-small`"]),
        ("http: {api: openai, model: m, apiKey: k}", ["unknown key `apiKey` of `http`: did you mean `key`?"]),
        ("http: {api: openai, modle: m, key: k}", ["unknown key `modle` of `http`: did you mean `model`?"]),
        ("http: {api: azure, model: m, key: k}", ["`api: azure` needs `url`, as `https://my-resource.openai.azure.com`"]),
        ("http: {api: tei}", ["`api: tei` needs `url`, as `http://127.0.0.1:8080`"]),
        ("http: {api: openai, model: m, url: localhost, key: k}", ["`url` must be an address of HTTP, as `https://api.openai.com/v1`: found `localhost`"]),
        ("http: {api: openai, model: m, url: 'https://a:hunter2@b/v1', key: k}", ["`url` must hold no password: write it as `key`, or in `headers`"]),
        ("http: {api: openai, model: m, url: 'https://b/v1/embeddings', key: k}", ["`url` is the base of the API, as `https://api.openai.com/v1`: leave out the `/embeddings` at its end"]),
        ("http: {api: ollama, model: m, url: 'http://b/v1/'}", ["`url` is the base of the API, as `http://127.0.0.1:11434`: leave out the `/v1` at its end, or write `api: openai`"]),
        ("http: {api: openai, model: m, key: ''}", ["`key` is empty: set the variable, or leave `key` out"]),
        ("http: {api: openai, model: m, key: \"${GONE}\"}", ["the variable `GONE` is not set: set it"]),
        ("http: {api: openai, model: m, key: k, headers: {X-A: \"${GONE}\"}}", ["the variable `GONE` is not set: set it"]),
        ("http: {api: openai, model: \"${GONE}\", key: k}", ["the variable `GONE` is not set: set it, or write a default as `${GONE:-…}`"]),
        ("http: {api: openai, model: m, key: \"hunter\\n2\"}", ["`key` must be one line of letters, digits and signs"]),
        ("http: {api: openai, model: m, key: {of: hunter2}}", ["`key` must be a text, as `${OPENAI_API_KEY}`: found a mapping"]),
        ("http: {api: openai, model: m, key: k, dimensions: many}", ["`dimensions` must be a whole number from 1: found `many`"]),
        ("http: {api: openai, model: m, key: k, headers: {X Y: a, Host: b, Z: [c]}}", ["`X Y` is no name of a header, as `X-Team`", "the header `Host` is not yours to set: take it out", "the header `Z` must be a text of one line, as `search`"]),
        ("http: {api: openai, model: m, key: k, prompt: x}", ["`prompt` is for `api: chat`, this one is `openai`: take it out"]),
        ("http: {api: chat, model: m, key: k, prompt: x, dimensions: 5}", ["`prompt` must hold `{{input}}`, which stands for the text", "`dimensions` is for vectors, not for `api: chat`: take it out"]),
        ("http: {api: chat, model: m, key: k, schema: {type: text}}", ["`schema`: `type` must be array, boolean, integer, null, number, object, string"]),
        ("http: {api: chat, model: m, key: k, schema: good}", ["`schema` must be a JSON Schema, as `{type: string, enum: [good, bad]}`: found `good`"]),
        ("http: {api: ollama, model: m}, price: much, budget: 5/week, memo: perhaps", ["`price` must be a number, as `0.02`: found `much`", "`budget` must be an amount for an hour, a day, a month or all time, as `5/day`, `20/month` or `5`: found `5/week`", "`memo` must be `true` or `false`: found `perhaps`"]),
        ("http: {api: ollama, model: m}, budget: 5/day", ["`budget` needs `price`, per million input tokens, as `price: 0.02`"]),
        ("http: {api: ollama, model: m}, limits: {requests: 3000, tokens: 1M/year, concurrency: 0}", ["`requests` must be how many in a second, minute, hour or day, as `3000/m` or `10/s`: found `3000`", "`tokens` must be how many in a second, minute, hour or day, as `1M/m` or `10/s`: found `1M/year`", "`concurrency` must be a whole number from 1: found `0`"]),
        ("http: {api: ollama, model: m}, batchApi: {above: 10}", ["`batchApi` is for `openai`, `voyage` and `gemini`, this one is `ollama`: take it out"]),
        ("http: {api: openai, model: m, key: k}, batchApi: {poll: 5}", ["`batchApi` needs `above`, as `10000`"]),
        ("http: {api: openai, model: m, key: k}, workers: 2", ["`workers` is for `exec` models, the model `length` is an `http` one: take it out"]),
        ("http: {api: opanai, model: m, key: k}, price: much, overlong: maybe", ["there is no `api` `opanai`: did you mean `openai`?", "`price` must be a number, as `0.02`: found `much`", "`overlong` must be `refuse` or `truncate`: found `maybe`"]),
    ]

    // One row a line.
    // swift-format-ignore
    private static let listenerProblems: [(listener: String, message: String)] = [
        ("{on: docs, key: text}", "a listener needs `model`, as `model: length`"),
        ("{model: length, key: text}", "a listener needs `on`, as `on: docs`"),
        ("{model: length, on: docs}", "a listener needs `key`, as `key: text`"),
        ("{model: length, collection: docs, key: text}", "unknown key `collection` of a listener: did you mean `on`?"),
        ("{model: length, on: docs, keys: [a]}", "unknown key `keys` of a listener: did you mean `key`?"),
        ("{model: length, on: docs, key: a, wehre: {}}", "unknown key `wehre` of a listener: did you mean `where`?"),
        ("{model: length, on: docs, key: a, colour: 1}", "unknown key `colour` of a listener, which has `model`, `on`, `key`, `as`, `where`"),
        ("length", "a listener must be a mapping with `model`, `on`, `key`, `as`, `where`: found `length`"),
        ("{model: nothing-like-it, on: docs, key: a}", "there is no model `nothing-like-it`: `models` has `length`, `minilm`"),
        ("{model: length, on: docs, key: ''}", "a key must not be empty"),
        ("{model: length, on: docs, key: a..b}", "`a..b` has an empty part: write names with single dots between them"),
        ("{model: length, on: docs, key: _id}", "`_id` cannot change, so that nothing is to be kept in step with it"),
        ("{model: length, on: docs, key: _lockstep.a}", "`_lockstep` holds provenance and is not an input"),
        ("{model: length, on: docs, key: {a: 1}}", "`key` must be a text, as `text`: found a mapping"),
        ("{model: length, on: docs, key: [], as: x}", "`key` must be a list, as `[title, text]`: found an empty list"),
        ("{model: length, on: docs, key: [a, a], as: x}", "the key `a` stands twice in the list: take one out"),
        ("{model: length, on: docs, key: [a, a.b], as: x}", "the keys `a` and `a.b` lie within each other: the outer one brings both"),
        ("{model: length, on: docs, key: [a, b]}", "a listener with a list of keys needs `as`, which names its output: as `as: summary`"),
        ("{model: length, on: docs, key: a, as: ''}", "the name `` of an output (`as`) must not be empty"),
        ("{model: length, on: docs, key: a, as: $x}", "the name `$x` of an output (`as`) must not begin with `$`, which MongoDB keeps for operators"),
        ("{model: length, on: docs, key: a, as: a..b}", "the name `a..b` of an output (`as`) has an empty part: write names with single dots between them"),
        ("{model: length, on: docs, key: a, where: en}", "`where` must be a filter, as `{lang: en}`: found `en`"),
        ("{model: length, on: docs, key: a, where: [a]}", "`where` must be a filter, as `{lang: en}`: found a list"),
        ("{model: length, on: docs, key: a, where: {_lockstep.a.length: null}}", "`where` must not look at `_lockstep`, which Lockstep itself changes: take it out"),
        ("{model: length, on: docs, key: a, where: {x: no}}", "`no` is a text in one YAML and false in another: write `\"no\"` or `false`"),
        ("{model: length, on: docs, key: a, where: {zip: 01234}}", "`01234` is read differently by different YAML: write `\"01234\"` for the text, or the number without its leading zero"),
        ("{model: length, on: docs, key: a, where: {x: {$date: soon}}}", "`$date` of Extended JSON cannot be read: Could not parse \"soon\" as date: use ISO8601 format yyyy-mm-ddThh:mm plus timezone, either \"Z\" or like \"+0500\""),
        ("{model: length, on: docs, key: a, where: {\"x\\0\": 1}}", "a field's name must not hold a NUL byte"),
        ("{model: length, on: '', key: a}", "the collection's name `` must not be empty"),
        ("{model: length, on: a$b, key: a}", "the collection's name `a$b` must not hold `$`"),
        ("{model: length, on: \"a\\0\", key: a}", "the collection's name `a\0` must not hold a NUL byte"),
        ("{model: length, on: system.users, key: a}", "the collection's name `system.users` is MongoDB's own: choose another collection"),
        ("{model: length, on: lockstep.failures, key: a}", "the collection's name `lockstep.failures` is Lockstep's own, where it keeps its state: choose another collection"),
        ("{model: length, on: docs, key: _outputs.text.minilm}", "a listener on another one's output (`_outputs.text.minilm`) needs `as`, which names its own: as `as: summary`"),
        ("{model: length, on: docs, key: _outputs.txt.minilm, as: x}", "no listener of `docs` writes `_outputs.txt.minilm`: did you mean `_outputs.text.minilm`?"),
        ("{model: length, on: news, key: _outputs.text.minilm, as: x}", "no listener of `news` writes `_outputs.text.minilm`: add the listener that writes it"),
        ("{model: length, on: docs, key: _outputs.text, as: x}", "the key `_outputs.text` holds more than one listener's output: write a whole one, as `_outputs.text.minilm`"),
        ("{model: minilm, on: docs, key: text}", "the output `_outputs.text.minilm` of `docs`: the listener in line 6 writes there too: name one of them with another `as`"),
        ("{model: minilm, on: docs, key: other, as: text}", "the output `_outputs.text.minilm` of `docs`: the listener in line 6 writes there too: name one of them with another `as`"),
        ("{model: length, on: docs, key: text.minilm}", "the output `_outputs.text.minilm.length` of `docs`: it is in the way of `_outputs.text.minilm` (line 6): name one of them with another `as`"),
        ("{model: length, on: docs, key: _outputs.x.length, as: x}", "a cycle: `_outputs.x.length` is computed from itself: choose another key or filter"),
        ("{model: length, on: docs, key: a, as: x, where: {_outputs.x.length: null}}", "a cycle: `_outputs.x.length` is computed from itself: choose another key or filter"),
        ("{model: length, on: docs, key: a, as: x, where: {$expr: {$gt: [$_outputs.x, 1]}}}", "a cycle: `_outputs.x.length` is computed from itself: choose another key or filter"),
        ("{model: length, on: docs, key: ${NOT_SET}}", "the variable `NOT_SET` is not set: set it, or write a default as `${NOT_SET:-…}`"),
    ]

    // One row a line.
    // swift-format-ignore
    private static let variableProblems: [(text: String, message: String)] = [
        ("${OPEN", "`${OPEN` has no closing `}`; for the text `${` itself write `$${`"),
        ("${OPEN:-x", "`${OPEN` has no closing `}`; for the text `${` itself write `$${`"),
        ("${a-b}", "`${a…` is no variable: write `${NAME}` or `${NAME:-default}`, and `$${` for the text `${`"),
        ("${1A}", "`${1A…` is no variable: write `${NAME}` or `${NAME:-default}`, and `$${` for the text `${`"),
        ("${}", "`${…` is no variable: write `${NAME}` or `${NAME:-default}`, and `$${` for the text `${`"),
        ("${GONE}", "the variable `GONE` is not set: set it, or write a default as `${GONE:-…}`"),
        ("${GONE:-${ALSO}}", "the variable `ALSO` is not set: set it, or write a default as `${ALSO:-…}`"),
    ]
}
