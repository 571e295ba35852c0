import LockstepCore

extension HTTPSpec {
    /// The batch API; nil where there is none, or it is not to be used.
    func batchService(_ asker: EmbeddingAsker, over transport: any Transport) -> HTTPBatches? {
        guard terms.batch != nil, let files = transport as? any FileTransport,
            let form = BatchForms.form(of: api, host: endpoint.host, asker)
        else { return nil }
        return HTTPBatches(
            form: form, exchange: asker.exchange, files: files, authorization: asker.api.authorization,
            texts: texts, maxTokens: [maxTokens, asker.api.limits.silentTokens].compactMap { $0 }.min()
        ) { json throws(BadAnswer) in try asker.answer(form.whole(json)) }
    }
}

/// Which API has which form.
enum BatchForms {
    /// Nil where it has none, or where its form is not known.
    static func form(of api: HTTPAPI, host: String, _ asker: EmbeddingAsker) -> (any BatchForm)? {
        let model = asker.exchange.model
        let body: @Sendable (String) -> JSON = { asker.api.body(asker.request($0)) }
        switch api {
        case .openai:
            let isMistral = host.hasSuffix("mistral.ai")
            return FileBatches(dialect: isMistral ? .mistral : .openai, model: model, request: body)
        case .voyage:
            // What all requests share stands once, with the job.
            let shared = (body("").members ?? []).filter { $0.name != "input" }
            return FileBatches(dialect: .voyage(.object(shared)), model: model) { ["input": [.string($0)]] }
        case .gemini:
            return GeminiBatches(model: model) { text in
                body(text)["requests"]?.elements?.first ?? .null
            }
        case .azure, .ollama, .cohere, .tei, .chat: return nil
        }
    }
}

extension EmbeddingAsker {
    fileprivate func request(_ text: String) -> EmbeddingRequest {
        EmbeddingRequest(
            model: exchange.model, texts: [text], dimensions: dimensions, wantsBase64: true, mayCut: false)
    }

    /// What an answer to one text says.
    func answer(_ json: JSON) throws(BadAnswer) -> (answer: Answer, tokens: Int?) {
        let reply = try api.reply(HTTPAnswer(status: 200), json, to: request(""))
        guard let answer = try answers(reply.vectors).first else { throw BadAnswer("answered nothing") }
        return (answer, reply.tokens)
    }
}

/// How a file is sent: in the form of HTML's forms, or in Google's.
struct BatchUpload {
    let path: String
    let query: String?
    let contentType: String
    let headers: [(name: String, value: String)]
    /// Before and after the file's bytes.
    let prefix: String
    let suffix: String
}

struct BatchListing {
    /// By their tokens, the provider's names.
    let jobs: [String: String]
    /// Nil when this was the last page.
    let next: String?
}

/// A job as the provider shows it.
struct SeenBatch: Equatable {
    let id: String
    let state: BatchJobState
    /// Files of answers, and of errors.
    var files: [String] = []
}

enum BatchOutcome {
    case answered(JSON)
    case refused(String)
    /// It was not computed: the job expired, or was cancelled.
    case left
}
