/// OpenAI's models on Azure: the model's name is that of the deployment, and stands in the path.
struct AzureEmbeddings: EmbeddingAPI {
    /// Of the API, where the configured `url` has none.
    static let version = "2024-10-21"

    /// The `url` ends with `/openai/v1`, where Azure speaks as OpenAI does.
    let isUniform: Bool

    let limits = RequestLimits(inputs: 2048, tokens: 300_000)

    init(base: String = "") {
        isUniform = base.hasSuffix("/v1")
    }

    var query: String? { isUniform ? nil : "api-version=\(Self.version)" }

    func path(_ request: EmbeddingRequest) -> String {
        isUniform ? "/embeddings" : "/openai/deployments/\(request.model.pathPart)/embeddings"
    }

    func body(_ request: EmbeddingRequest) -> JSON {
        let model: [JSON.Member] = isUniform ? [.init("model", .string(request.model))] : []
        return .object(model + OpenAIEmbeddings.fields(request))
    }

    func authorization(_ key: String) -> (name: String, value: String) {
        ("api-key", key)
    }

    func reply(
        _ answer: HTTPAnswer, _ json: JSON, to request: EmbeddingRequest
    ) throws(BadAnswer) -> EmbeddingReply {
        try OpenAIEmbeddings.reply(json, count: request.texts.count)
    }
}
