/// Text Embeddings Inference: one server, one model.
struct TEIEmbeddings: EmbeddingAPI {
    let limits = RequestLimits(inputs: 32)
    let cutsOnRequest = true

    func path(_ request: EmbeddingRequest) -> String {
        "/embed"
    }

    func body(_ request: EmbeddingRequest) -> JSON {
        var fields: [JSON.Member] = [
            .init("inputs", .array(request.texts.map(JSON.string))), .init("truncate", .bool(request.mayCut)),
        ]
        if let dimensions = request.dimensions { fields.append(.init("dimensions", .int(dimensions))) }
        return .object(fields)
    }

    func reply(
        _ answer: HTTPAnswer, _ json: JSON, to request: EmbeddingRequest
    ) throws(BadAnswer) -> EmbeddingReply {
        EmbeddingReply(
            vectors: try json.vectors(count: request.texts.count),
            tokens: answer.headers["x-compute-tokens"].flatMap(Int.init).flatMap { JSON.int($0).tokenCount })
    }
}
