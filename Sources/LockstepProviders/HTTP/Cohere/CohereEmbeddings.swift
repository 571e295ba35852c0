/// Cohere's `/v2/embed`.
struct CohereEmbeddings: EmbeddingAPI {
    let limits = RequestLimits(inputs: 96)
    let cutsOnRequest = true

    func path(_ request: EmbeddingRequest) -> String {
        "/embed"
    }

    func body(_ request: EmbeddingRequest) -> JSON {
        let fields: [JSON.Member] = [
            .init("model", .string(request.model)), .init("texts", request.textList),
            .init("input_type", request.purpose == .stored ? "search_document" : "search_query"),
            .init("embedding_types", [request.wantsBase64 ? "base64" : "float"]),
            .init("truncate", request.mayCut ? "END" : "NONE"),
        ]
        return .object(fields + request.dimensions(as: "output_dimension"))
    }

    func reply(
        _ answer: HTTPAnswer, _ json: JSON, to request: EmbeddingRequest
    ) throws(BadAnswer) -> EmbeddingReply {
        guard let embeddings = json["embeddings"], let vectors = embeddings["base64"] ?? embeddings["float"]
        else {
            throw BadAnswer("answered without `embeddings`")
        }
        return EmbeddingReply(
            vectors: try vectors.vectors(count: request.texts.count),
            tokens: json["meta"]?["billed_units"]?["input_tokens"]?.tokenCount)
    }
}
