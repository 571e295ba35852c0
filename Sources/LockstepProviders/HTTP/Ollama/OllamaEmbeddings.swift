/// Ollama's own API, which, unlike its form of OpenAI's, can be told not to cut silently.
struct OllamaEmbeddings: EmbeddingAPI {
    let limits = RequestLimits(inputs: 512)
    let cutsOnRequest = true

    func path(_ request: EmbeddingRequest) -> String {
        "/api/embed"
    }

    func body(_ request: EmbeddingRequest) -> JSON {
        let fields: [JSON.Member] = [
            .init("model", .string(request.model)), .init("input", request.textList),
            .init("truncate", .bool(request.mayCut)),
        ]
        return .object(fields + request.dimensions(as: "dimensions"))
    }

    func reply(
        _ answer: HTTPAnswer, _ json: JSON, to request: EmbeddingRequest
    ) throws(BadAnswer) -> EmbeddingReply {
        guard let vectors = json["embeddings"] else { throw BadAnswer("answered without `embeddings`") }
        return EmbeddingReply(
            vectors: try vectors.vectors(count: request.texts.count),
            tokens: json["prompt_eval_count"]?.tokenCount)
    }
}
