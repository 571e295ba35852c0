/// OpenAI's `/v1/embeddings`, and every server that speaks its form: vLLM, llama.cpp, LM Studio, Mistral, Jina and others.
struct OpenAIEmbeddings: EmbeddingAPI {
    /// The name of the field for a shorter vector; Mistral has its own.
    var dimensionsField = "dimensions"

    let limits = RequestLimits(inputs: 2048, tokens: 300_000)

    init(host: String = "") {
        if Self.isMistral(host) { dimensionsField = "output_dimension" }
    }

    /// Mistral speaks its form with fields and jobs of its own.
    static func isMistral(_ host: String) -> Bool {
        host == "mistral.ai" || host.hasSuffix(".mistral.ai")
    }

    func path(_ request: EmbeddingRequest) -> String {
        "/embeddings"
    }

    func body(_ request: EmbeddingRequest) -> JSON {
        .object(
            [.init("model", .string(request.model))] + Self.fields(request, dimensions: dimensionsField))
    }

    /// Beside the model's name.
    static func fields(_ request: EmbeddingRequest, dimensions field: String = "dimensions") -> [JSON.Member]
    {
        var fields = [JSON.Member("input", request.textList)] + request.dimensions(as: field)
        if request.wantsBase64 { fields.append(.init("encoding_format", "base64")) }
        return fields
    }

    func reply(
        _ answer: HTTPAnswer, _ json: JSON, to request: EmbeddingRequest
    ) throws(BadAnswer) -> EmbeddingReply {
        try Self.reply(json, count: request.texts.count)
    }

    static func reply(_ json: JSON, count: Int) throws(BadAnswer) -> EmbeddingReply {
        guard let data = json["data"] else { throw BadAnswer("answered without `data`") }
        return EmbeddingReply(
            vectors: try data.indexedVectors(count: count),
            tokens: json["usage"]?.promptTokens)
    }
}
