/// What texts are embedded for: some models make other vectors of questions than of what is searched.
package enum TextPurpose: Hashable, Sendable {
    /// To be stored, and found.
    case stored
    /// To be searched for.
    case query
}

/// What a request for vectors asks for.
struct EmbeddingRequest {
    let model: String
    let texts: [String]
    var purpose: TextPurpose = .stored
    /// Sent only where the configuration says them.
    var dimensions: Int?
    /// In base64, where the API offers it: half the bytes, and nothing to parse.
    var wantsBase64 = true
    /// The server may cut texts that are too long for the model.
    var mayCut = false
}

extension EmbeddingRequest {
    var textList: JSON { .array(texts.map(JSON.string)) }

    /// The number of dimensions in a field of that name; no field where the configuration has none.
    func dimensions(as name: String) -> [JSON.Member] {
        dimensions.map { [.init(name, .int($0))] } ?? []
    }
}

/// Vectors as a server answers them, for as many texts as were asked for.
struct EmbeddingReply: Equatable {
    /// In the order of the texts.
    var vectors: [[Float]]
    /// By the server's own count.
    var tokens: Int?
}

/// One API that gives vectors for texts: what to send, and how what comes is read. No connection.
protocol EmbeddingAPI: Sendable {
    var limits: RequestLimits { get }
    /// It cuts texts that are too long when it is asked to, and refuses them otherwise.
    var cutsOnRequest: Bool { get }

    /// Appended to the configured `url`.
    func path(_ request: EmbeddingRequest) -> String
    /// What follows the `?`; nil for nothing.
    var query: String? { get }
    func body(_ request: EmbeddingRequest) -> JSON
    func authorization(_ key: String) -> (name: String, value: String)
    func reply(
        _ answer: HTTPAnswer, _ json: JSON, to request: EmbeddingRequest
    ) throws(BadAnswer) -> EmbeddingReply
}

extension EmbeddingAPI {
    var query: String? { nil }
    var cutsOnRequest: Bool { false }

    func authorization(_ key: String) -> (name: String, value: String) {
        ("authorization", "Bearer \(key)")
    }
}

/// An answer of success that is none: what the server did, to be put after its name.
struct BadAnswer: Error, Equatable {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
