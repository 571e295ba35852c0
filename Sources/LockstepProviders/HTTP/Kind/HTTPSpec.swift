import LockstepCore
import LockstepReading

/// A model over HTTP, as `lockstep.yaml` says it. It holds secrets.
package struct HTTPSpec: Hashable, Sendable {
    package var api: HTTPAPI
    package var endpoint: Endpoint
    /// As the server names it; empty for a server with one model.
    package var model: String
    /// Of the vectors; nil: as many as the model gives by itself.
    package var dimensions: Int?
    /// For `api: chat`.
    package var chat: ChatSpec?
    /// For one request. Default 60 s.
    package var timeout = Duration.seconds(60)
    package var texts = TextSettings()
    /// Tokens of a text that are sent, by estimate; nil: as many as the model takes.
    package var maxTokens: Int?
    package var terms = ModelTerms(hasMemo: true)

    package init(api: HTTPAPI, endpoint: Endpoint, model: String) {
        self.api = api
        self.endpoint = endpoint
        self.model = model
    }
}

extension HTTPSpec: ProviderSpec {
    package func check(in folder: ConfigurationFolder) throws(ProviderProblem) {
        try check(.current)
    }

    func check(_ proxies: ProxySettings) throws(ProviderProblem) {
        do throws(ProxyProblem) { _ = try proxies.proxy(for: endpoint.base) } catch {
            throw ProviderProblem(error.description)
        }
    }

    /// What decides which answers come. Not where the server is: a model that moves to another machine stays the same, so
    /// that nothing is computed again for it. Where no model is named, the server stands for it.
    package func version(storing vectors: VectorFormat?, in folder: ConfigurationFolder) -> String {
        version(storing: vectors)
    }

    private func version(storing vectors: VectorFormat?) -> String {
        var version = ModelHash()
        add(to: &version)
        version.add(vectors?.rawValue ?? "")
        return version.finish()
    }

    package func versionAtHand(storing vectors: VectorFormat?, in folder: ConfigurationFolder) -> String? {
        version(storing: vectors, in: folder)
    }

    /// Where the version says what is asked, the server says who: the model may have any name. Behind one gateway the path
    /// tells servers apart. A version of the user's own says nothing of that.
    private func memoName(_ settings: ModelSettings) -> String {
        settings.version == version(storing: settings.vectors) ? endpoint.identity : settings.name
    }

    package func setup(in folder: ConfigurationFolder) -> String {
        var hash = ModelHash()
        add(to: &hash)
        hash.add("\(timeout)")
        var secrets = ModelHash()
        secrets.add(endpoint.base + endpoint.query)
        secrets.add(endpoint.key ?? "")
        for (name, value) in endpoint.headers.sorted(by: { $0.key < $1.key }) {
            secrets.add(name)
            secrets.add(value)
        }
        // 16 bits: enough to notice a change, too few to guess a secret by, since the hash is stored.
        hash.add(String(secrets.finish().prefix(4)))
        return hash.finish()
    }

    private func add(to hash: inout ModelHash) {
        hash.add("http")
        hash.add(api.rawValue)
        hash.add(model.isEmpty ? endpoint.base : model)
        hash.add("\(dimensions ?? 0)")
        hash.add("\(maxTokens ?? 0)")
        texts.add(to: &hash)
        guard let chat else { return }
        hash.add(chat.system ?? "")
        hash.add(chat.prompt)
        hash.add(chat.schema?.json.text ?? "")
    }

    package func make(_ settings: ModelSettings, in folder: ConfigurationFolder) -> ProvidedModel {
        ProvidedModel(make(settings, over: HTTPTransport.shared))
    }

    func make(_ settings: ModelSettings, over transport: any Transport) -> HTTPModel {
        let exchange = Exchange(
            endpoint: endpoint, transport: transport, timeout: timeout, model: model,
            missingModel: missingModel)
        var terms = terms
        terms.isRemote = true
        if let memo = settings.memo { terms.hasMemo = memo }
        let embeddings = embeddings
        let limits = embeddings?.limits ?? RequestLimits(inputs: 1)
        let format = settings.vectors ?? .bson
        let asker: any TextAsker =
            if let chat {
                ChatAsker(chat: chat, exchange: exchange, storesVectors: settings.vectors == .bson)
            } else {
                EmbeddingAsker(
                    api: embeddings ?? OpenAIEmbeddings(), exchange: exchange, dimensions: dimensions,
                    format: format)
            }
        return HTTPModel(
            name: settings.name, version: settings.version, setup: settings.setup,
            account: endpoint.account(of: api.rawValue),
            vectors: VectorCheck(arraysAreVectors: format == .array),
            terms: terms, memoName: memoName(settings),
            conversation: chat?.frame ?? .none,
            most: BatchLimits(
                count: min(settings.batchCount ?? .max, limits.inputs), bytes: settings.batchBytes ?? 4 << 20,
                concurrency: terms.concurrency ?? Pacing.defaultCeiling),
            tokensPerRequest: [limits.tokens, terms.tokensPerRequest].compactMap { $0 }.min(), texts: texts,
            rules: TextRun.Rules(
                overlong: texts.overlong, maxTokens: maxTokens,
                cutsOnRequest: embeddings?.cutsOnRequest ?? false,
                silentTokens: limits.silentTokens, countsTextsAlone: chat == nil),
            asker: asker,
            batchService: (asker as? EmbeddingAsker).flatMap { batchService($0, over: transport) })
    }

    /// Nil for chat.
    private var embeddings: (any EmbeddingAPI)? {
        switch api {
        case .openai: OpenAIEmbeddings(host: endpoint.host)
        case .azure: AzureEmbeddings(base: endpoint.base)
        case .ollama: OllamaEmbeddings()
        case .cohere: CohereEmbeddings()
        case .voyage: VoyageEmbeddings(model: model)
        case .gemini:
            GeminiEmbeddings(
                model: model, hasPrefix: !texts.prefix.isEmpty, hasQueryPrefix: !texts.queryPrefix.isEmpty)
        case .tei: TEIEmbeddings()
        case .chat: nil
        }
    }

    private var missingModel: String {
        switch api {
        case .ollama: "Run `ollama pull \(model)` there"
        case .azure: "Check `model`, which is the name of the deployment: `\(model)`"
        default: "Check `model`: `\(model)`"
        }
    }
}
