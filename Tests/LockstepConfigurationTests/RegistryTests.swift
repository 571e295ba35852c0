import Foundation
import Lockstep
import LockstepProviders
import LockstepReading
import LockstepSinks
import Testing

@testable import LockstepConfiguration

/// A kind that is added to the registry, by one line, takes part in everything.
@Suite struct RegistryTests {
    private static let registry = Registry(
        providers: Registry.standard.providers + [EchoKind()],
        sinks: Registry.standard.sinks + [JSONLinesKind()])

    private static func parse(
        _ models: String, _ listeners: String
    ) throws(ConfigurationError) -> Configuration {
        let text = """
            mongodb: {uri: mongodb://127.0.0.1, database: shop}
            models:
            \(models)
            listeners:
            \(listeners)
            """
        return try Configuration.parse(
            Array(text.utf8), file: "lockstep.yaml", directory: "/srv/shop", environment: [:],
            registry: registry)
    }

    private static func problems(_ models: String, _ listeners: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try parse(models, listeners)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    private static let listener = "  - {model: a, on: docs, key: text}"

    // MARK: Providers

    @Test func aProviderOfItsOwnIsReadAndAssembled() async throws {
        let configuration = try Self.parse(
            "  a: {echo: hello, shout: \"yes\", batch: {count: 3}}\n  b: {exec: [cat]}", Self.listener)
        #expect(provider("a", of: configuration) == EchoSpec(word: "hello", isLoud: true))
        #expect(configuration.models["a"]?.batchCount == 3)
        let assembly = try configuration.assemble()
        let model = try #require(assembly.models["a"])
        #expect(model.version == "echo-hello" && model.setup == "hello true")
        #expect(try await model.predict(["you"]) == [.success("HELLO YOU")])
        #expect(assembly.listeners.map(\.modelVersion) == ["echo-hello"])
    }

    @Test func theListenersOfOneModelShareItsAccount() throws {
        let listeners =
            "\(Self.listener)\n  - {model: a, on: docs, key: title}\n  - {model: b, on: docs, key: text}"
        let assembly = try Self.parse("  a: {echo: hello}\n  b: {echo: hello}", listeners).assemble()
        let accounts = assembly.listeners.map(\.model.account)
        #expect(accounts[0] == accounts[1] && accounts[0] != accounts[2])
    }

    @Test func itsVersionIsTheFilesWhereThatSaysOne() throws {
        let configuration = try Self.parse("  a: {echo: hello, version: \"7\"}", Self.listener)
        #expect(try configuration.assemble().listeners.map(\.modelVersion) == ["7"])
        #expect(configuration.signatures.map(\.version) == ["7"])
        let other = try Self.parse("  a: {echo: hello}", Self.listener)
        #expect(other.signatures.map(\.version) == [nil])
    }

    @Test func aModelThatStaysTheSameIsTakenOverAndOthersAreEnded() throws {
        let text = "  a: {echo: stays}\n  b: {echo: goes}"
        let listeners = Self.listener + "\n  - {model: b, on: docs, key: text}"
        let old = try Self.parse(text, listeners).assemble()
        let new = try Self.parse(text.replacing("goes", with: "comes"), listeners).assemble(reusing: old)
        #expect(new.modelDefinitions["a"] == old.modelDefinitions["a"])
        #expect(new.modelDefinitions["b"] != old.modelDefinitions["b"])
        old.shutdown(except: new)
        #expect(
            EchoSpec.ended.withLock { ended in ["stays", "goes", "comes"].map { ended[$0] } } == [
                nil, 1, nil,
            ])
    }

    @Test func whatItLacksIsToldAtItsLine() throws {
        let configuration = try Self.parse("  b: {exec: [cat]}\n  a: {echo: void}", Self.listener)
        let error = #expect(throws: ConfigurationError.self) { try configuration.assemble() }
        #expect(error?.description == "lockstep.yaml:4: nothing echoes in a `void`: name another word")
    }

    @Test(arguments: [
        ("{}", "the model `a` needs `openvino: <directory>`, `exec: [<program>, …]` or `echo: <word>`"),
        ("{echo: b, exec: [c]}", "the model `a` has both `exec` and `echo`: keep one of them"),
        (
            "{echo: b, exec: [c], openvino: d}",
            "the model `a` has `openvino`, `exec` and `echo`: keep one of them"
        ),
        (
            "{echo: b, timeout: 5s}",
            "`timeout` is for `exec` models, the model `a` is an `echo` one: take it out"
        ),
        (
            "{exec: [b], shout: \"no\"}",
            "`shout` is for `echo` models, the model `a` is an `exec` one: take it out"
        ),
        (
            "{openvino: b, workers: 2}",
            "`workers` is for `exec` and `echo` models, the model `a` is an `openvino` one: take it out"
        ),
        ("{parrot: b}", "unknown key `parrot` of the model `a`: did you mean `echo`?"),
        ("{echoo: b}", "unknown key `echoo` of the model `a`: did you mean `echo`?"),
        ("{echo: [b]}", "`echo` must be a text, as `again`: found a list"),
    ])
    func messagesKnowIt(model: String, message: String) {
        #expect(Self.problems("  a: \(model)", Self.listener) == ["lockstep.yaml:3: \(message)"])
    }

    @Test func bothKindsMayHaveAKeyOfOneName() {
        for model in ["{echo: b, workers: 2}", "{exec: [b], workers: 2}"] {
            #expect(Self.problems("  a: \(model)", Self.listener).isEmpty)
        }
    }

    @Test func initProposesTheNearestThatThisMachineHas() {
        let surroundings = Surroundings(folder: "/", environment: [:])
        for providers: [any ProviderKind] in [[EchoKind(), ExecKind()], [ExecKind(), EchoKind()]] {
            let found = Registry(providers: providers, sinks: []).proposals(in: surroundings)
            #expect(found?.model.lines == ["echo: again"] && found?.alternatives.isEmpty == true)
        }
        let example = Registry(providers: [ExecKind()], sinks: []).proposals(in: surroundings)
        #expect(example?.model == ExecKind.words)
    }

    // MARK: Sinks

    @Test func aSinkOfItsOwnIsReadAndAssembled() throws {
        let listeners = """
              - {model: a, on: docs, key: text, lines: out.jsonl, rotate: 1d}
              - {model: a, on: docs, key: title}
            """
        let configuration = try Self.parse("  a: {echo: b}", listeners)
        let specs = configuration.listeners
        #expect(
            specs[0].sink as? JSONLinesSpec == JSONLinesSpec(file: "out.jsonl", rotation: .seconds(86400)))
        #expect(specs[1].sink as? DocumentSpec == DocumentSpec())
        #expect(specs.map(\.outputPath?.text) == [nil, "_outputs.title.a"])
        let before = try configuration.assemble().listenerDefinitions
        let moved = try Self.parse("  a: {echo: b}", listeners.replacing("out.jsonl", with: "other.jsonl"))
        let after = try moved.assemble().listenerDefinitions
        #expect(before["docs/text/a"] != after["docs/text/a"])
        #expect(before["docs/title/a"] == after["docs/title/a"])
    }

    @Test(arguments: [
        ("rotate: 1d", "`rotate` is for listeners with `lines`: take it out"),
        ("lines: [a]", "`lines` must be a text, as `outputs.jsonl`: found a list"),
        ("jsonl: a", "unknown key `jsonl` of a listener: did you mean `lines`?"),
    ])
    func mistakesInItsKeysAreTold(keys: String, message: String) {
        let listener = "  - {model: a, on: docs, key: text, \(keys)}"
        #expect(Self.problems("  a: {echo: b}", listener) == ["lockstep.yaml:5: \(message)"])
    }

    @Test func eachSinkHasItsOwnRulesBetweenListeners() {
        let listeners = """
              - {model: a, on: docs, key: text, as: one, lines: out.jsonl}
              - {model: a, on: docs, key: text, as: two, lines: out.jsonl}
              - {model: a, on: docs, key: _outputs.one.a, as: three}
              - {model: a, on: docs, key: text, as: one}
              - {model: a, on: docs, key: title, as: one}
            """
        #expect(
            Self.problems("  a: {echo: b}", listeners) == [
                "lockstep.yaml:6: the listener in line 5 writes to `out.jsonl` too: name another file",
                "lockstep.yaml:9: the output `_outputs.one.a` of `docs`: the listener in line 8 writes there too: name one of them with another `as`",
            ])
        // Nobody writes it into the document.
        let reader = listeners.split(separator: "\n").prefix(3).filter { !$0.contains("two") }
        #expect(
            Self.problems("  a: {echo: b}", reader.joined(separator: "\n")) == [
                "lockstep.yaml:6: no listener of `docs` writes `_outputs.one.a`: add the listener that writes it"
            ])
    }

    // MARK: The schema

    @Test func theSchemaHasTheirKeys() throws {
        let text = ConfigurationSchema(Self.registry).json.page
        let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let properties = try #require(json["properties"] as? [String: [String: Any]])
        let model = try #require(properties["models"]?["additionalProperties"] as? [String: Any])
        #expect(
            model["description"] as? String == "A model: a directory of OpenVINO's, a program, a model over HTTP, or an echo.")
        #expect((model["oneOf"] as? [[String: [String]]])?.last == ["required": ["echo"]])
        #expect((model["dependentRequired"] as? [String: [String]])?["shout"] == ["echo"])
        let shared = (model["dependentSchemas"] as? [String: [String: [[String: [String]]]]])?["workers"]
        #expect(shared == ["anyOf": [["required": ["exec"]], ["required": ["echo"]]]])
        let workers = (model["properties"] as? [String: [String: Any]])?["workers"]
        #expect(
            workers?["description"] as? String == "Programs side by side. Default: 1. Echoes side by side.")
        let listener = try #require(properties["listeners"]?["items"] as? [String: Any])
        #expect((listener["properties"] as? [String: Any])?["lines"] != nil)
        #expect((listener["dependentRequired"] as? [String: [String]])?["rotate"] == ["lines"])
        #expect(listener["oneOf"] == nil)
    }

    @Test func theSchemaOfLockstepItselfDoesNotHaveThem() {
        let text = ConfigurationSchema.standard.json.page
        for key in ["echo", "shout", "lines", "rotate"] { #expect(!text.contains("\"\(key)\"")) }
    }
}
