import Foundation
import LockstepCore
import LockstepReading
import MongoBSON
import Testing

@testable import LockstepProviders

/// Encoders of other make than MiniLM, small ones: a token's vector is its number, its type and its mask or position.
@Suite struct OpenVINOModelsTests {
    /// What MiniLM's tokenizer makes of it: 101 7592 2088 102.
    private static let text = "hello world"

    @Test(arguments: [
        ("mean", [Float(101 + 7592 + 2088 + 102) / 4, 0, 1]), ("cls", [101, 0, 1]), ("last", [102, 0, 1]),
    ])
    func thePoolingIsTheOneThatIsConfigured(pooling: String, expected: [Float]) throws {
        let model = try Installation.small("tokens")
        defer { model.remove() }
        let loaded = try model.load(EncoderSettings(pooling: pooling, normalize: false))
        // A longer neighbour fills the text up.
        let vectors = try loaded.vectors([Self.text, "a text that has many more tokens than the first"])
        #expect(
            zip(vectors[0], expected).allSatisfy { abs($0 - $1) / max(1, abs($1)) < 0.01 }, "\(vectors[0])")
    }

    @Test func theFilesOfTheModelSayThePooling() throws {
        let model = try Installation.small("tokens")
        defer { model.remove() }
        try model.write(#"{"pooling_mode_cls_token": true}"#, to: "1_Pooling/config.json")
        try model.write(
            #"[{"type": "x.Pooling", "path": "1_Pooling"}, {"type": "x.Normalize", "path": ""}]"#,
            to: "modules.json")
        let vector = try model.load().vectors([Self.text])[0]
        #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-3 && vector[0] > 0.99)
    }

    @Test func positionsThatTheTokenizerDoesNotGiveAreThoseOfTheReference() throws {
        let model = try Installation.small("positions")
        defer { model.remove() }
        let plain = try model.load(EncoderSettings(pooling: "last"))
        #expect(try plain.vectors([Self.text, "one two three four five six"])[0][1] == 3)
        // RoBERTa's begin behind that of the padding.
        try model.write(#"{"model_type": "roberta", "pad_token_id": 1}"#, to: "config.json")
        let shifted = try model.load(EncoderSettings(pooling: "last"))
        #expect(try shifted.vectors([Self.text, "one two three four five six"])[0][1] == 5)
    }

    @Test func aClassifierGivesLabels() async throws {
        let model = try Installation.small("labels")
        defer { model.remove() }
        let config =
            #"{"architectures": ["XForSequenceClassification"], "id2label": {"0": "bad", "1": "good", "2": "mixed"}}"#
        try model.write(config, to: "config.json")
        let reply = try await provider(model).ask(ProviderBatch(["great", "awful"]))
        for answer in reply.answers {
            guard case .value(let value) = answer else { throw PlanProblem("\(answer)") }
            #expect(value.document?["label"]?.string == "good")
        }
    }

    private func provider(
        _ model: ModelCopy, _ settings: EncoderSettings = EncoderSettings(),
        texts: TextSettings = TextSettings(), isCurrent: @escaping @Sendable (String) -> Bool = { _ in true }
    ) -> OpenVINOProvider {
        OpenVINOProvider(
            name: "small", directory: model.directory.path, settings: settings, texts: texts,
            openVINO: Installation.home.appending(path: "python").path, isCurrent: isCurrent)
    }

    // MARK: Failures

    @Test func afterAFailureInnocentTextsHaveTheirVectors() async throws {
        let model = try Installation.small("short")
        defer { model.remove() }
        let provider = provider(model, EncoderSettings(normalize: false))
        let good: [BSONValue] = ["a cat", "a dog", "one two"]
        let before = try await provider.ask(ProviderBatch(good)).answers
        let bad: BSONValue = "this text has far more tokens than the model has places for"
        for _ in 0..<2 {
            await #expect(throws: ModelError.self) { try await provider.ask(ProviderBatch(good + [bad])) }
            #expect(try await provider.ask(ProviderBatch(good)).answers == before)
        }
    }

    @Test func callsBesideOneThatFailsAreNotBlamed() async throws {
        let model = try Installation.small("short")
        defer { model.remove() }
        let provider = provider(model, EncoderSettings(normalize: false))
        let good: [BSONValue] = ["a cat", "a dog", "one two"]
        let before = try await provider.ask(ProviderBatch(good)).answers
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                group.addTask {
                    if number % 3 == 0 {
                        let bad: BSONValue = "this text has far more tokens than there are places for"
                        await #expect(throws: ModelError.self) {
                            try await provider.ask(ProviderBatch([bad]))
                        }
                    } else {
                        let reply = try? await provider.ask(ProviderBatch(good))
                        #expect(reply?.answers == before)
                    }
                }
            }
        }
    }

    @Test func aTextBeyondThePositionsNeverReachesTheModel() async throws {
        let model = try Installation.small("short")
        defer { model.remove() }
        try model.write(#"{"max_position_embeddings": 8}"#, to: "config.json")
        let long: BSONValue = "this text has far more tokens than the model has places for"
        let reply = try await provider(model).ask(ProviderBatch(["a cat", long]))
        #expect(reply.usage.truncated == [1])
        #expect(reply.usage.tokens == 4 + 8)
        let refusing = provider(model, texts: TextSettings(overlong: .refuse))
        let answers = try await refusing.ask(ProviderBatch([long, "a cat"])).answers
        #expect(answers[0] == .refused("the text has more than the 8 tokens that the model reads"))
        guard case .value = answers[1] else { throw PlanProblem("\(answers[1])") }
    }

    // MARK: Files

    @Test func filesThatChangedAreNotLoadedUnderTheOldVersion() async throws {
        let model = try Installation.small("tokens")
        defer { model.remove() }
        let version = try model.load().version
        let same = provider(model) { $0 == version }
        _ = try await same.ask(ProviderBatch(["a cat"]))
        var weights = try Data(contentsOf: model.file("openvino_model.bin"))
        weights.append(0)
        try weights.write(to: model.file("openvino_model.bin"))
        // What is loaded goes on with what it read.
        _ = try await same.ask(ProviderBatch(["a cat"]))
        let late = provider(model) { $0 == version }
        await #expect {
            try await late.ask(ProviderBatch(["a cat"]))
        } throws: { error in
            guard case ModelError.unavailable(let reason) = error else { return false }
            return reason.contains("lockstep reload")
        }
    }

    @Test func theVersionOfTheFileIsThatOfWhatIsLoaded() throws {
        let folder = ConfigurationFolder(Installation.model.deletingLastPathComponent().path)
        let spec = OpenVINOSpec(directory: Installation.model.lastPathComponent)
        let loaded = try LoadedEncoder(
            EncoderSource(directory: Installation.model.path), Installation.runtime())
        #expect(try spec.version(storing: nil, in: folder) == loaded.version)
        #expect(loaded.plan.notes.isEmpty)
        #expect(loaded.plan.limit.tokens == 256)
    }

    @Test func aFolderWithoutATokenizerSaysHowToMakeOne() throws {
        let model = try ModelCopy(only: ["openvino_model.xml", "openvino_model.bin"])
        defer { model.remove() }
        let error = #expect(throws: OpenVINOError.self) { try model.load() }
        #expect(error?.code == .modelNotFound)
        #expect(error?.description.contains("convert_model.py") == true)
    }

    @Test func aDeviceThatIsNotThereIsNamedWithThoseThatAre() throws {
        let error = #expect(throws: OpenVINOError.self) {
            try LoadedEncoder(
                EncoderSource(
                    directory: Installation.model.path, settings: EncoderSettings(device: "ABACUS")),
                Installation.runtime())
        }
        #expect(error?.description.contains("CPU") == true && error?.description.contains("ABACUS") == true)
    }

    // MARK: What is cut

    @Test func aTextIsMarkedAsCutFromTheFirstTokenTooMany() throws {
        let encoder = try Installation.encoder()
        // Two tokens are around each text, and 256 are read.
        let texts = [253, 254, 255, 2000].map { String(repeating: "fox ", count: $0) }
        let encoded = try encoder.encode(texts)
        #expect(encoded.cut == [2, 3])
        #expect(encoded.tokens == 255 + 3 * 256)
        #expect(cosine(encoded.values[1], encoded.values[3]) >= 0.9999)
        // White space that is left out was no text.
        #expect(try encoder.encode(["fox" + String(repeating: " ", count: 1 << 19)]).cut.isEmpty)
        #expect(try encoder.encode(["fox" + String(repeating: " ", count: 1 << 19) + "x"]).cut == [0])
    }

    @Test func fewerTokensAreReadWhereThatIsConfigured() throws {
        let encoder = try LoadedEncoder(
            EncoderSource(
                directory: Installation.model.path, settings: EncoderSettings(maxTokens: 16)),
            Installation.runtime())
        let words = (0..<14).map { _ in "fox" }.joined(separator: " ")
        let encoded = try encoder.encode([words, words + " hound"])
        #expect(encoded.cut == [1] && encoded.tokens == 32)
        #expect(cosine(encoded.values[0], encoded.values[1]) >= 0.9999)
    }
}
