/// Voyage's `/v1/embeddings`.
struct VoyageEmbeddings: EmbeddingAPI {
    let limits: RequestLimits
    let cutsOnRequest = true

    init(model: String = "") {
        let tokens =
            switch model {
            case _ where model.hasSuffix("-lite"): 1_000_000
            case "voyage-4", "voyage-3.5", "voyage-2": 320_000
            default: 120_000
            }
        limits = RequestLimits(inputs: 1000, tokens: tokens)
    }

    func path(_ request: EmbeddingRequest) -> String {
        "/embeddings"
    }

    func body(_ request: EmbeddingRequest) -> JSON {
        var fields: [JSON.Member] = [
            .init("model", .string(request.model)), .init("input", request.textList),
            .init("input_type", request.purpose == .stored ? "document" : "query"),
            .init("truncation", .bool(request.mayCut)),
        ]
        fields += request.dimensions(as: "output_dimension")
        if request.wantsBase64 { fields.append(.init("encoding_format", "base64")) }
        return .object(fields)
    }

    func reply(
        _ answer: HTTPAnswer, _ json: JSON, to request: EmbeddingRequest
    ) throws(BadAnswer) -> EmbeddingReply {
        try OpenAIEmbeddings.reply(json, count: request.texts.count)
    }
}
