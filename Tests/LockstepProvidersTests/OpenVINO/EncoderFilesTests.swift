import Foundation
import Testing

@testable import LockstepProviders

@Suite struct EncoderFilesTests {
    /// A folder with these files, by their paths in it; what is read is `model` in it.
    private static func read(_ files: [String: String]) throws -> EncoderFiles {
        let root = FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for (name, text) in files.merging(["model/x": ""], uniquingKeysWith: { one, _ in one }) {
            let file = root.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return EncoderFiles.read(directory: root.appending(path: "model").path)
    }

    private static let modules = """
        [{"type": "sentence_transformers.models.Transformer", "path": ""},
         {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
         {"type": "sentence_transformers.models.Normalize", "path": "2_Normalize"}]
        """
    private static let cls = #"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#

    @Test(arguments: ["model", "."]) func theModulesAreInTheFolderOrAboveIt(place: String) throws {
        let files = try Self.read([
            "\(place)/modules.json": Self.modules, "\(place)/1_Pooling/config.json": Self.cls,
            "\(place)/sentence_bert_config.json": #"{"max_seq_length": 128}"#,
        ])
        #expect(files.modules?.map(\.type) == ["Transformer", "Pooling", "Normalize"])
        #expect(files.pooling == [.cls])
        #expect(files.sequenceLength == 128)
    }

    @Test func theFoldersOwnFilesStandAboveThoseAboveIt() throws {
        let files = try Self.read([
            "modules.json": Self.modules, "1_Pooling/config.json": Self.cls,
            "model/1_Pooling/config.json": #"{"pooling_mode_lasttoken": true}"#,
            "config.json": #"{"max_position_embeddings": 64}"#,
            "model/config.json":
                #"{"max_position_embeddings": 514, "model_type": "roberta", "pad_token_id": 1}"#,
        ])
        #expect(files.pooling == [.last] && files.modules == nil)
        #expect(files.positions == 514 && files.family == "roberta" && files.padding == 1)
    }

    @Test(arguments: [
        (#"{"pooling_mode": "mean"}"#, [Pooling.mean]), (#"{"pooling_mode": "lasttoken"}"#, [.last]),
        (#"{"pooling_mode": "cls+mean"}"#, [.cls, .mean]),
        (#"{"pooling_mode_max_tokens": true, "pooling_mode_cls_token": true}"#, [.cls, .max]),
    ])
    func theFormsOfThePoolingAreRead(text: String, expected: [Pooling]) throws {
        #expect(try Self.read(["model/1_Pooling/config.json": text]).pooling == expected)
    }

    @Test func theTokenizersLengthIsReadWhereverItIs() throws {
        let config = #"{"model_max_length": 512, "truncation_side": "left"}"#
        let tokenizer =
            #"{"version": "1.0", "truncation": {"direction": "Right", "max_length": 128}, "x": 1}"#
        let both = try Self.read(["model/tokenizer_config.json": config, "model/tokenizer.json": tokenizer])
        #expect(both.tokenizerLength == 512 && both.cutsLeft)
        #expect(try Self.read(["model/tokenizer.json": tokenizer]).tokenizerLength == 128)
        #expect(try Self.read(["model/tokenizer.json": #"{"truncation": null}"#]).tokenizerLength == nil)
        let none = #"{"model_max_length": 1000000000000000019884624838656}"#
        #expect(try Self.read(["model/tokenizer_config.json": none]).tokenizerLength == nil)
    }

    @Test func aPromptThatIsPutBeforeTextsIsFound() throws {
        let config = #"{"prompts": {"query": "query: "}, "default_prompt_name": "query"}"#
        #expect(try Self.read(["model/config_sentence_transformers.json": config]).prompt == "query: ")
        let unused = #"{"prompts": {"query": "query: "}, "default_prompt_name": null}"#
        #expect(try Self.read(["model/config_sentence_transformers.json": unused]).prompt == nil)
    }

    @Test func filesThatAreBrokenSayNothing() throws {
        let files = try Self.read([
            "model/config.json": "{", "model/modules.json": "[1]", "model/1_Pooling/config.json": "[]",
            "model/tokenizer_config.json": #"{"model_max_length": "many"}"#,
        ])
        #expect(files.positions == nil && files.pooling == nil && files.tokenizerLength == nil)
    }
}
