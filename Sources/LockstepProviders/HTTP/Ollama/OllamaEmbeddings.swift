/// Ollama's own API, which, unlike its form of OpenAI's, can be told not to cut silently.
struct OllamaEmbeddings: EmbeddingAPI {
    let limits = RequestLimits(inputs: 512)
    let cutsOnRequest = true

    func path(_ request: EmbeddingRequest) -> String {
        "/api/embed"
    }

    func body(_ request: EmbeddingRequest) -> JSON {
        var fields: [JSON.Member] = [
            .init("model", .string(request.model)), .init("input", .array(request.texts.map(JSON.string))),
            .init("truncate", .bool(request.mayCut)),
        ]
        if let dimensions = request.dimensions { fields.append(.init("dimensions", .int(dimensions))) }
        return .object(fields)
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
