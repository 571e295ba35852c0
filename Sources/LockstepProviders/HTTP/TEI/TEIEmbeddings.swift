/// Text Embeddings Inference: one server, one model.
struct TEIEmbeddings: EmbeddingAPI {
    let limits = RequestLimits(inputs: 32)
    let cutsOnRequest = true

    func path(_ request: EmbeddingRequest) -> String {
        "/embed"
    }

    func body(_ request: EmbeddingRequest) -> JSON {
        let fields: [JSON.Member] = [
            .init("inputs", request.textList), .init("truncate", .bool(request.mayCut)),
        ]
        return .object(fields + request.dimensions(as: "dimensions"))
    }

    func reply(
        _ answer: HTTPAnswer, _ json: JSON, to request: EmbeddingRequest
    ) throws(BadAnswer) -> EmbeddingReply {
        EmbeddingReply(
            vectors: try json.vectors(count: request.texts.count),
            tokens: answer.headers["x-compute-tokens"].flatMap(Int.init).flatMap { JSON.int($0).tokenCount })
    }
}
