import Lockstep
import LockstepProviders
import LockstepReading
import Synchronization

/// A second provider, as small as one can be: `echo: <word>` answers each input with the word before it.
struct EchoKind: ProviderKind {
    let about = "an echo"
    let usage = "echo: <word>"
    let keys = KindKeys(
        selector: KeySchema("echo", .text, "What stands before each answer."),
        options: [
            KeySchema("shout", .choice(["yes", "no"]), "Whether the answers are loud."),
            KeySchema("workers", .number(1...4), "Echoes side by side."),
        ],
        synonyms: ["parrot": "echo"])

    func read(
        _ entry: YAMLNode.Entry, in model: MappingReader, problems: inout Problems
    ) -> (any ProviderSpec)? {
        guard let word = entry.value.text("`echo`", "again", problems: &problems) else { return nil }
        let isLoud = model["shout"]?.text("`shout`", "\"yes\"", problems: &problems) == "yes"
        return EchoSpec(word: word, isLoud: isLoud)
    }

    func proposals(in surroundings: Surroundings) -> [ModelProposal] {
        [ModelProposal(name: "parrot", about: "Says it again.", lines: ["echo: again"])]
    }
}

struct EchoSpec: ProviderSpec {
    let word: String
    let isLoud: Bool

    /// How often an echo was ended, by its word.
    static let ended = Mutex<[String: Int]>([:])

    func check(in folder: ConfigurationFolder) throws(ProviderProblem) {
        if word == "void" { throw ProviderProblem("nothing echoes in a `void`: name another word") }
    }

    func version(storing vectors: VectorFormat?, in folder: ConfigurationFolder) -> String { "echo-\(word)" }

    func setup(in folder: ConfigurationFolder) -> String { "\(word) \(isLoud)" }

    func make(_ settings: ModelSettings, in folder: ConfigurationFolder) -> ProvidedModel {
        let model = ClosureModel(settings.name, version: settings.version) { [self] (texts: [String]) in
            texts.map { isLoud ? "\(word) \($0)".uppercased() : "\(word) \($0)" }
        }
        return ProvidedModel(AnyModel(model, setup: settings.setup)) { [word] in
            Self.ended.withLock { $0[word, default: 0] += 1 }
        }
    }
}
