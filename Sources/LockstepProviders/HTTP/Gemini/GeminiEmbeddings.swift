/// Gemini's `batchEmbedContents`.
///
/// The first generation takes a task and gives vectors of norm 1 at full length only; the second takes no task, but words in
/// the text.
struct GeminiEmbeddings: EmbeddingAPI {
    private let isFirst: Bool
    private let hasPrefix: Bool
    private let hasQueryPrefix: Bool

    let limits: RequestLimits

    /// - Parameters:
    ///   - hasPrefix: the configuration says what stands before each text that is stored.
    ///   - hasQueryPrefix: … before each one that is searched for. It is not part of the version, so it must not change
    ///     what is stored.
    init(model: String = "", hasPrefix: Bool = false, hasQueryPrefix: Bool = false) {
        isFirst = !model.contains("embedding-2")
        self.hasPrefix = hasPrefix
        self.hasQueryPrefix = hasQueryPrefix
        limits = RequestLimits(inputs: 100, silentTokens: isFirst ? 2048 : 8192)
    }

    func path(_ request: EmbeddingRequest) -> String {
        "/models/\(request.model.pathPart):batchEmbedContents"
    }

    func body(_ request: EmbeddingRequest) -> JSON {
        .object([.init("requests", .array(request.texts.map { part($0, request) }))])
    }

    private func part(_ text: String, _ request: EmbeddingRequest) -> JSON {
        let isStored = request.purpose == .stored
        var text = text
        if !isFirst, !(isStored ? hasPrefix : hasQueryPrefix) {
            text = (isStored ? "title: none | text: " : "task: search result | query: ") + text
        }
        var fields: [JSON.Member] = [
            .init("model", .string("models/\(request.model)")),
            .init("content", ["parts": [["text": .string(text)]]]),
        ]
        if isFirst { fields.append(.init("taskType", isStored ? "RETRIEVAL_DOCUMENT" : "RETRIEVAL_QUERY")) }
        return .object(fields + request.dimensions(as: "outputDimensionality"))
    }

    func authorization(_ key: String) -> (name: String, value: String) {
        ("x-goog-api-key", key)
    }

    func reply(
        _ answer: HTTPAnswer, _ json: JSON, to request: EmbeddingRequest
    ) throws(BadAnswer) -> EmbeddingReply {
        guard case .array(let parts)? = json["embeddings"] else {
            throw BadAnswer("answered without `embeddings`")
        }
        let values = JSON.array(parts.map { $0["values"] ?? .null })
        var vectors = try values.vectors(count: request.texts.count)
        // At full length they have norm 1 already.
        if isFirst, let dimensions = request.dimensions, dimensions < 3072 {
            vectors = vectors.map(\.normalized)
        }
        return EmbeddingReply(
            vectors: vectors, tokens: json["usageMetadata"]?["promptTokenCount"]?.tokenCount)
    }
}

extension [Float] {
    /// With norm 1; as it is when it has none.
    fileprivate var normalized: [Float] {
        let norm = reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return norm > 0 && norm.isFinite ? map { Float(Double($0) / norm) } : self
    }
}
