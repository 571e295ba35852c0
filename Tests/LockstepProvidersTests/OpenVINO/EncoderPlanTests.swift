import Foundation
import Testing

@testable import LockstepProviders

@Suite struct EncoderPlanTests {
    private static func files(
        _ pooling: [Pooling]? = nil, modules: [String]? = nil
    ) -> EncoderFiles {
        var files = EncoderFiles()
        files.positions = 512
        files.pooling = pooling
        files.modules = modules?.map { EncoderFiles.Module(type: $0, folder: "/nowhere") }
        return files
    }

    /// In one line: the output, the pooling, whether the norm is 1.
    private static func told(_ plan: EncoderPlan) -> String {
        guard case .vector(let name, let pooling, let steps) = plan.output else { return "labels" }
        let ends = steps.map { if case .normalize = $0 { "normalize" } else { "dense" } }
        return ([name ?? "first"] + pooling.map(\.rawValue) + ends).joined(separator: " ")
    }

    private static let tokens: Set<String> = ["last_hidden_state"]
    private static let both: Set<String> = ["token_embeddings", "sentence_embedding"]
    private static let all = ["Transformer", "Pooling", "Normalize"]

    private static let decisions: [(EncoderFiles, EncoderSettings, Set<String>, plan: String, notes: Int)] = [
        // The model's files say all.
        (files([.cls], modules: all), .init(), tokens, "last_hidden_state cls normalize", 0),
        (files([.mean], modules: ["Transformer", "Pooling"]), .init(), tokens, "last_hidden_state mean", 0),
        (files([.cls, .mean], modules: all), .init(), tokens, "last_hidden_state cls mean normalize", 0),
        // Nothing says it.
        (files(), .init(), tokens, "last_hidden_state mean", 2),
        (files([.last]), .init(), tokens, "last_hidden_state last", 1),
        (files(), .init(pooling: "cls"), tokens, "last_hidden_state cls", 1),
        (files(), .init(pooling: "cls", normalize: true), tokens, "last_hidden_state cls normalize", 0),
        // What is configured stands above the files.
        (files([.mean], modules: all), .init(pooling: "last"), tokens, "last_hidden_state last normalize", 0),
        (files([.mean], modules: all), .init(normalize: false), tokens, "last_hidden_state mean", 0),
        (files([.mean], modules: all), .init(normalize: true), tokens, "last_hidden_state mean normalize", 0),
        // The graph pools by itself.
        (files(), .init(), ["sentence_embedding"], "sentence_embedding", 0),
        (files([.mean], modules: all), .init(), both, "sentence_embedding", 0),
        (files(), .init(normalize: true), both, "sentence_embedding normalize", 0),
        (files([.mean], modules: all), .init(pooling: "mean"), both, "sentence_embedding", 0),
        (files([.mean], modules: all), .init(pooling: "cls"), both, "token_embeddings cls normalize", 0),
        (files([.mean], modules: all), .init(normalize: false), both, "token_embeddings mean", 0),
        (files(), .init(), ["something"], "first mean", 2),
    ]

    @Test(arguments: decisions.indices) func theFilesAndTheConfigurationDecide(_ row: Int) throws {
        let (files, settings, outputs, expected, notes) = Self.decisions[row]
        let plan = try EncoderPlan.make(files, settings, outputs: outputs)
        #expect(Self.told(plan) == expected)
        #expect(plan.notes.count == notes, "\(plan.notes)")
    }

    private static let refused: [(EncoderFiles, EncoderSettings, Set<String>, reason: String)] = [
        (files(), .init(pooling: "cls"), ["sentence_embedding"], "take `pooling` out"),
        (
            files([.mean], modules: all), .init(normalize: false), ["sentence_embedding"],
            "take `normalize` out"
        ),
        (files([.mean], modules: ["Transformer", "Pooling", "LSTM"]), .init(), tokens, "a step LSTM"),
        (files([Pooling(rawValue: "attention")]), .init(), tokens, "`attention` is not known"),
        (files([.mean], modules: ["Dense"]), .init(), tokens, "has no config.json"),
        (classifier("XForTokenClassification"), .init(), ["logits"], "labels each token"),
        (classifier("XForMaskedLM"), .init(), ["logits"], "gives `logits`"),
        (classifier("XForSequenceClassification"), .init(normalize: true), ["logits"], "gives labels"),
    ]

    private static func classifier(_ architecture: String) -> EncoderFiles {
        var files = files()
        files.architectures = [architecture]
        files.labels = [0: "bad", 1: "good", 2: "mixed"]
        return files
    }

    @Test(arguments: refused.indices) func whatCannotBeDoneIsRefusedWithTheReason(_ row: Int) {
        let (files, settings, outputs, reason) = Self.refused[row]
        let error = #expect(throws: PlanProblem.self) {
            try EncoderPlan.make(files, settings, outputs: outputs)
        }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func whatIsReadAtMostIsSaidWhereItIsAssumedOrNotAsWanted() throws {
        let assumed = try EncoderPlan.make(EncoderFiles(), .init(), outputs: ["sentence_embedding"])
        #expect(assumed.notes.first?.contains("512 are") == true)
        let less = try EncoderPlan.make(Self.files(), .init(maxTokens: 900), outputs: ["sentence_embedding"])
        #expect(less.limit.tokens == 512)
        #expect(less.notes.first?.contains("reads 512") == true)
    }

    @Test func theVersionGoesWithWhatChangesTheOutputs() throws {
        func version(_ files: EncoderFiles, _ settings: EncoderSettings) throws -> String {
            var hash = ModelHash()
            try EncoderPlan.make(files, settings, outputs: Self.tokens).add(to: &hash)
            return hash.finish()
        }
        let plain = try version(Self.files([.mean], modules: Self.all), .init())
        #expect(try version(Self.files([.mean], modules: Self.all), .init(pooling: "mean")) == plain)
        #expect(try version(Self.files([.mean], modules: Self.all), .init(device: "GPU")) == plain)
        #expect(try version(Self.files([.mean], modules: Self.all), .init(pooling: "cls")) != plain)
        #expect(try version(Self.files([.mean], modules: Self.all), .init(normalize: false)) != plain)
        #expect(try version(Self.files([.mean], modules: Self.all), .init(maxTokens: 64)) != plain)
    }

    @Test func aClassifierGivesItsLabelsTheBestFirst() throws {
        let plan = try EncoderPlan.make(
            Self.classifier("BertForSequenceClassification"), .init(), outputs: ["logits"])
        guard case .labels(let classes) = plan.output else { throw PlanProblem("no labels") }
        let document = try #require(classes.document([0, 2, 1])?.document)
        #expect(document["label"]?.string == "good")
        #expect(abs((document["score"]?.double ?? 0) - 0.66524096) < 1e-6)
        let scores = document["scores"]?.array?.compactMap(\.document) ?? []
        #expect(scores.compactMap { $0["label"]?.string } == ["good", "mixed", "bad"])
        #expect(abs(scores.compactMap { $0["score"]?.double }.reduce(0, +) - 1) < 1e-9)
        #expect(classes.document([.nan, 1, 2]) == nil)
    }

    @Test(
        arguments: [
            ("multi_label_classification", 3, .sigmoid), ("regression", 1, .plain),
            ("single_label_classification", 2, .softmax), (nil, 1, .sigmoid), (nil, 4, .softmax),
        ] as [(String?, Int, Classes.Scores)])
    func theKindOfProblemSaysHowNumbersBecomeScores(
        problem: String?, labels: Int, scores: Classes.Scores
    ) throws {
        var files = Self.classifier("XForSequenceClassification")
        files.problem = problem
        files.labels = Dictionary(uniqueKeysWithValues: (0..<labels).map { ($0, "\($0)") })
        #expect(try Classes(files, outputs: ["logits"])?.scores == scores)
    }
}
