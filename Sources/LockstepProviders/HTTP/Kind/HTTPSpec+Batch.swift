import LockstepCore

extension HTTPSpec {
    /// The batch API; nil where there is none. Jobs are ended where none is begun any more.
    func batchService(_ asker: EmbeddingAsker, over transport: any Transport) -> HTTPBatches? {
        guard let files = transport as? any FileTransport,
            let form = api.batchForm?(endpoint.host, asker)
        else { return nil }
        return HTTPBatches(
            form: form, exchange: asker.exchange, files: files, authorization: asker.api.authorization,
            texts: texts, maxTokens: [maxTokens, asker.api.limits.silentTokens].compactMap { $0 }.min()
        ) { json throws(BadAnswer) in try asker.answer(form.whole(json)) }
    }
}

extension HTTPAPI {
    /// Makes the form of its batch API; nil where it has none, or where its form is not known.
    var batchForm: ((_ host: String, _ asker: EmbeddingAsker) -> any BatchForm)? {
        switch self {
        case .openai:
            { host, asker in
                FileBatches(
                    dialect: OpenAIEmbeddings.isMistral(host) ? .mistral : .openai,
                    model: asker.exchange.model, request: asker.body)
            }
        case .voyage:
            { _, asker in
                // What all requests share stands once, with the job.
                let shared = (asker.body("").members ?? []).filter { $0.name != "input" }
                return FileBatches(dialect: .voyage(.object(shared)), model: asker.exchange.model) {
                    ["input": [.string($0)]]
                }
            }
        case .gemini:
            { _, asker in
                GeminiBatches(model: asker.exchange.model) { text in
                    asker.body(text)["requests"]?.elements?.first ?? .null
                }
            }
        case .azure, .ollama, .cohere, .tei, .chat: nil
        }
    }
}

extension EmbeddingAsker {
    fileprivate func request(_ text: String) -> EmbeddingRequest {
        EmbeddingRequest(
            model: exchange.model, texts: [text], dimensions: dimensions, wantsBase64: true, mayCut: false)
    }

    @Sendable fileprivate func body(_ text: String) -> JSON { api.body(request(text)) }

    /// What an answer to one text says.
    func answer(_ json: JSON) throws(BadAnswer) -> (answer: Answer, tokens: Int?) {
        let reply = try api.reply(HTTPAnswer(status: 200), json, to: request(""))
        guard let answer = try answers(reply.vectors).first else { throw BadAnswer("answered nothing") }
        return (answer, reply.tokens)
    }
}
