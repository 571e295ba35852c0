import Foundation
import LockstepCore
import Testing

@testable import LockstepProviders

/// What each API is sent, and how its answers are read.
@Suite struct EmbeddingAPITests {
    struct Row: Sendable, CustomTestStringConvertible {
        let api: any EmbeddingAPI
        let model: String
        var dimensions: Int?
        var purpose = TextPurpose.stored
        var mayCut = false
        var wantsBase64 = true
        let path: String
        let body: String

        var testDescription: String { "\(type(of: api)) \(path) \(dimensions ?? 0) \(purpose) \(mayCut)" }
    }

    // One row a line.
    // swift-format-ignore
    static let requests: [Row] = [
        Row(api: OpenAIEmbeddings(), model: "e", path: "/embeddings", body: #"{"model":"e","input":["a","b\n"],"encoding_format":"base64"}"#),
        Row(api: OpenAIEmbeddings(), model: "e", dimensions: 5, wantsBase64: false, path: "/embeddings", body: #"{"model":"e","input":["a","b\n"],"dimensions":5}"#),
        Row(api: OpenAIEmbeddings(host: "api.mistral.ai"), model: "e", dimensions: 5, wantsBase64: false, path: "/embeddings", body: #"{"model":"e","input":["a","b\n"],"output_dimension":5}"#),
        Row(api: AzureEmbeddings(base: "https://x.openai.azure.com"), model: "my one", path: "/openai/deployments/my%20one/embeddings", body: #"{"input":["a","b\n"],"encoding_format":"base64"}"#),
        Row(api: AzureEmbeddings(base: "https://x.openai.azure.com/openai/v1"), model: "e", path: "/embeddings", body: #"{"model":"e","input":["a","b\n"],"encoding_format":"base64"}"#),
        Row(api: OllamaEmbeddings(), model: "e", path: "/api/embed", body: #"{"model":"e","input":["a","b\n"],"truncate":false}"#),
        Row(api: OllamaEmbeddings(), model: "e", dimensions: 5, mayCut: true, path: "/api/embed", body: #"{"model":"e","input":["a","b\n"],"truncate":true,"dimensions":5}"#),
        Row(api: CohereEmbeddings(), model: "e", path: "/embed", body: #"{"model":"e","texts":["a","b\n"],"input_type":"search_document","embedding_types":["base64"],"truncate":"NONE"}"#),
        Row(api: CohereEmbeddings(), model: "e", dimensions: 256, purpose: .query, mayCut: true, wantsBase64: false, path: "/embed", body: #"{"model":"e","texts":["a","b\n"],"input_type":"search_query","embedding_types":["float"],"truncate":"END","output_dimension":256}"#),
        Row(api: VoyageEmbeddings(model: "voyage-4"), model: "voyage-4", path: "/embeddings", body: #"{"model":"voyage-4","input":["a","b\n"],"input_type":"document","truncation":false,"encoding_format":"base64"}"#),
        Row(api: VoyageEmbeddings(), model: "e", dimensions: 256, purpose: .query, mayCut: true, wantsBase64: false, path: "/embeddings", body: #"{"model":"e","input":["a","b\n"],"input_type":"query","truncation":true,"output_dimension":256}"#),
        Row(api: GeminiEmbeddings(model: "gemini-embedding-001"), model: "gemini-embedding-001", dimensions: 768, path: "/models/gemini-embedding-001:batchEmbedContents", body: #"{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_DOCUMENT","outputDimensionality":768},{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"b\n"}]},"taskType":"RETRIEVAL_DOCUMENT","outputDimensionality":768}]}"#),
        Row(api: GeminiEmbeddings(model: "gemini-embedding-2"), model: "gemini-embedding-2", path: "/models/gemini-embedding-2:batchEmbedContents", body: #"{"requests":[{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"title: none | text: a"}]}},{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"title: none | text: b\n"}]}}]}"#),
        Row(api: GeminiEmbeddings(model: "gemini-embedding-2", hasQueryPrefix: true), model: "e", purpose: .query, path: "/models/e:batchEmbedContents", body: #"{"requests":[{"model":"models/e","content":{"parts":[{"text":"a"}]}},{"model":"models/e","content":{"parts":[{"text":"b\n"}]}}]}"#),
        Row(api: TEIEmbeddings(), model: "", path: "/embed", body: #"{"inputs":["a","b\n"],"truncate":false}"#),
        Row(api: TEIEmbeddings(), model: "", dimensions: 5, mayCut: true, path: "/embed", body: #"{"inputs":["a","b\n"],"truncate":true,"dimensions":5}"#),
    ]

    @Test(arguments: requests) func whatIsSent(_ row: Row) {
        let request = EmbeddingRequest(
            model: row.model, texts: ["a", "b\n"], purpose: row.purpose, dimensions: row.dimensions,
            wantsBase64: row.wantsBase64, mayCut: row.mayCut)
        #expect(row.api.path(request) == row.path)
        #expect(row.api.body(request).text == row.body)
    }

    /// `[1, -2]` and `[0.5, 3]`.
    private static let first = "AACAPwAAAMA="
    private static let second = "AAAAPwAAQEA="

    // One row a line.
    // swift-format-ignore
    static let answers: [(api: any EmbeddingAPI, headers: [String: String], body: String, tokens: Int?)] = [
        (OpenAIEmbeddings(), [:], #"{"data":[{"index":0,"embedding":[1,-2]},{"index":1,"embedding":[0.5,3]}],"usage":{"prompt_tokens":7,"total_tokens":9}}"#, 7),
        (OpenAIEmbeddings(), [:], #"{"data":[{"index":1,"embedding":"\#(second)"},{"index":0,"embedding":"\#(first)"}]}"#, nil),
        (OpenAIEmbeddings(), [:], #"{"data":[{"embedding":"\#(first)"},{"embedding":[0.5,3.0]}],"usage":{"total_tokens":9}}"#, 9),
        (OpenAIEmbeddings(), [:], #"{"data":[{"index":null,"embedding":[1,-2]},{"index":null,"embedding":[0.5,3]}]}"#, nil),
        (OpenAIEmbeddings(), [:], #"{"data":[{"index":1.0,"embedding":[0.5,3]},{"index":0.0,"embedding":[1,-2]}]}"#, nil),
        (AzureEmbeddings(), [:], #"{"data":[{"index":1,"embedding":[0.5,3]},{"index":0,"embedding":[1,-2]}]}"#, nil),
        (OllamaEmbeddings(), [:], #"{"embeddings":[[1,-2],[0.5,3]],"prompt_eval_count":4}"#, 4),
        (CohereEmbeddings(), [:], #"{"embeddings":{"base64":["\#(first)","\#(second)"]},"meta":{"billed_units":{"input_tokens":3}}}"#, 3),
        (CohereEmbeddings(), [:], #"{"embeddings":{"float":[[1,-2],[0.5,3]]}}"#, nil),
        (VoyageEmbeddings(), [:], #"{"data":[{"index":1,"embedding":[0.5,3]},{"index":0,"embedding":[1,-2]}],"usage":{"total_tokens":3}}"#, 3),
        (GeminiEmbeddings(), [:], #"{"embeddings":[{"values":[1,-2]},{"values":[0.5,3]}]}"#, nil),
        (TEIEmbeddings(), ["x-compute-tokens": "11"], "[[1,-2],[0.5,3]]", 11),
        // Counts that no request has.
        (OpenAIEmbeddings(), [:], #"{"data":[{"embedding":[1,-2]},{"embedding":[0.5,3]}],"usage":{"prompt_tokens":-1,"total_tokens":9}}"#, 9),
        (OllamaEmbeddings(), [:], #"{"embeddings":[[1,-2],[0.5,3]],"prompt_eval_count":9223372036854775807}"#, nil),
        (OllamaEmbeddings(), [:], #"{"embeddings":[[1,-2],[0.5,3]],"prompt_eval_count":1000000000}"#, 1_000_000_000),
        (CohereEmbeddings(), [:], #"{"embeddings":{"float":[[1,-2],[0.5,3]]},"meta":{"billed_units":{"input_tokens":-5}}}"#, nil),
        (GeminiEmbeddings(), [:], #"{"embeddings":[{"values":[1,-2]},{"values":[0.5,3]}],"usageMetadata":{"promptTokenCount":1000000001}}"#, nil),
        (TEIEmbeddings(), ["x-compute-tokens": "-11"], "[[1,-2],[0.5,3]]", nil),
    ]

    @Test(arguments: answers.indices) func whatIsAnswered(_ row: Int) throws {
        let (api, headers, body, tokens) = Self.answers[row]
        let reply = try reply(api, headers, body)
        #expect(reply == EmbeddingReply(vectors: [[1, -2], [0.5, 3]], tokens: tokens))
    }

    // One row a line.
    // swift-format-ignore
    static let wrong: [(api: any EmbeddingAPI, body: String, words: String)] = [
        (OpenAIEmbeddings(), "{}", "without `data`"),
        (OpenAIEmbeddings(), #"{"data":[{"index":0,"embedding":[1]}]}"#, "answered 1 vector to 2 texts"),
        (OpenAIEmbeddings(), #"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#, "two vectors for one text"),
        (OpenAIEmbeddings(), #"{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}"#, "index 2 of 2"),
        (OpenAIEmbeddings(), #"{"data":[{"index":0,"embedding":"AAA"},{"index":1,"embedding":[1]}]}"#, "no vector"),
        (OpenAIEmbeddings(), #"{"data":[{"index":"1","embedding":[1]},{"index":"0","embedding":[2]}]}"#, "`index` is no whole number"),
        (OpenAIEmbeddings(), #"{"data":[{"index":1.5,"embedding":[1]},{"index":0,"embedding":[2]}]}"#, "`index` is no whole number"),
        (OpenAIEmbeddings(), #"{"data":[{"index":1,"embedding":[1]},{"embedding":[2]}]}"#, "some have none"),
        (VoyageEmbeddings(), #"{"data":[{"embedding":[1]},{"index":0,"embedding":[2]}]}"#, "some have none"),
        (OllamaEmbeddings(), #"{"embeddings":[[1]]}"#, "answered 1 vector to 2 texts"),
        (OllamaEmbeddings(), #"{"embeddings":[1,2]}"#, "no list of vectors"),
        (CohereEmbeddings(), #"{"embeddings":{}}"#, "without `embeddings`"),
        (GeminiEmbeddings(), #"{"embeddings":[{"values":[1]},{}]}"#, "no vector"),
        (TEIEmbeddings(), #"{"error":"x"}"#, "no list of vectors"),
    ]

    @Test(arguments: wrong.indices) func whatIsNoAnswer(_ row: Int) {
        let (api, body, words) = Self.wrong[row]
        let error = #expect(throws: BadAnswer.self) { try reply(api, [:], body) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    /// The version knows `prefix` alone: nothing else may change what is stored.
    @Test(arguments: [
        ("", "", "title: none | text: a", "task: search result | query: a"),
        ("p: ", "", "p: a", "task: search result | query: a"), ("", "q: ", "title: none | text: a", "q: a"),
        ("p: ", "q: ", "p: a", "q: a"),
    ])
    func geminiKeepsItsWordsWhereThereAreNoOthers(
        prefix: String, queryPrefix: String, stored: String, query: String
    ) async throws {
        let transport = ScriptedTransport { _, _ in
            HTTPAnswer(status: 200, body: Array(#"{"embeddings":[{"values":[1,2]}]}"#.utf8))
        }
        var spec = HTTPSpec.test(.gemini, model: "gemini-embedding-2")
        spec.texts = TextSettings(prefix: prefix, queryPrefix: queryPrefix)
        let model = spec.model(over: transport)
        for (purpose, text) in [(TextPurpose.stored, stored), (.query, query)] {
            _ = try await model.ask(ProviderBatch(["a"]), for: purpose)
            let request = transport.asked.last?.body["requests"]?.elements?.first
            #expect(request?["content"]?["parts"] == [["text": .string(text)]])
        }
    }

    @Test func geminiIsNormalisedBelowItsFullLength() throws {
        let api = GeminiEmbeddings(model: "gemini-embedding-001")
        let json = try JSONReader.read(
            Array(#"{"embeddings":[{"values":[3,4]}]}"#.utf8), packingNumbers: true)
        func vectors(_ dimensions: Int?) throws -> [[Float]] {
            let request = EmbeddingRequest(model: "e", texts: ["a"], dimensions: dimensions)
            return try api.reply(HTTPAnswer(status: 200), json, to: request).vectors
        }
        #expect(try vectors(2) == [[0.6, 0.8]])
        #expect(try vectors(nil) == [[3, 4]] && vectors(3072) == [[3, 4]])
    }

    private func reply(
        _ api: any EmbeddingAPI, _ headers: [String: String], _ body: String
    ) throws -> EmbeddingReply {
        let answer = HTTPAnswer(status: 200, headers: headers, body: Array(body.utf8))
        return try api.reply(
            answer, try JSONReader.read(answer.body, packingNumbers: true),
            to: EmbeddingRequest(model: "e", texts: ["a", "b"]))
    }
}
