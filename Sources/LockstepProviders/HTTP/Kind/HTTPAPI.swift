/// The APIs that a model may have, as `api` names them.
package enum HTTPAPI: String, Hashable, Sendable, CaseIterable {
    case openai, azure, ollama, cohere, voyage, gemini, tei, chat

    /// Nil where every user has an own one.
    package var defaultURL: String? {
        switch self {
        case .openai, .chat: "https://api.openai.com/v1"
        case .azure, .tei: nil
        case .ollama: "http://127.0.0.1:11434"
        case .cohere: "https://api.cohere.com/v2"
        case .voyage: "https://api.voyageai.com/v1"
        case .gemini: "https://generativelanguage.googleapis.com/v1beta"
        }
    }

    var exampleURL: String {
        switch self {
        case .azure: "https://my-resource.openai.azure.com"
        case .tei: "http://127.0.0.1:8080"
        default: defaultURL ?? ""
        }
    }

    var exampleModel: String {
        switch self {
        case .openai: "text-embedding-3-small"
        case .azure: "my-deployment"
        case .ollama: "nomic-embed-text"
        case .cohere: "embed-v4.0"
        case .voyage: "voyage-4"
        case .gemini: "gemini-embedding-001"
        case .tei: "bge-small"
        case .chat: "gpt-5-mini"
        }
    }

    /// The variable in which people have their key.
    var exampleKey: String {
        switch self {
        case .azure: "${AZURE_OPENAI_API_KEY}"
        case .cohere: "${COHERE_API_KEY}"
        case .voyage: "${VOYAGE_API_KEY}"
        case .gemini: "${GEMINI_API_KEY}"
        case .openai, .chat, .ollama, .tei: "${OPENAI_API_KEY}"
        }
    }

    /// Nobody is answered without one at the default `url`.
    var needsKey: Bool {
        self != .ollama && self != .tei
    }

    /// What belongs to the request and not to `url`, though people paste it.
    var requestPaths: [String] {
        switch self {
        case .openai, .voyage: ["/embeddings"]
        case .azure: ["/embeddings", "/deployments"]
        case .ollama: ["/api/embed", "/api/embeddings", "/api", "/v1"]
        case .cohere, .tei: ["/embed"]
        case .gemini: [":batchEmbedContents", ":embedContent", "/models"]
        case .chat: ["/chat/completions", "/completions"]
        }
    }
}
