import LockstepCore
import LockstepReading

/// Models that servers have: `http: {api: openai, model: text-embedding-3-small, key: …}`.
package struct HTTPKind: ProviderKind {
    package let about = "a model over HTTP"
    package let usage = "http: {api: <api>, model: <model>, …}"
    package let article = "an"
    package let keys = KindKeys(
        selector: KeySchema("http", .mapping(Self.http), "A model that a server has, asked over HTTP."),
        options: [
            KeySchema("timeout", .duration, "How long one request may take. Default: 60s."),
            KeySchema(
                "price", .amount,
                "Per million input tokens, in the currency of your bill, for `plan` and `costs`."),
            KeySchema(
                "budget", .budget,
                "What may be spent, as 5/day, 20/month, or 5 for all time; then the model waits. Needs `price`."
            ),
            KeySchema(
                "limits", .mapping(Self.limits),
                "Ceilings: below them Lockstep finds the rate that the server takes."),
            KeySchema(
                "batchApi", .mapping(Self.batchAPI),
                "Large backfills go by the provider's batch API, for less."),
            KeySchema(
                "maxTokens", .number(1...1_000_000),
                "Tokens of a text that are read, at most. Default: as many as the model takes."),
        ] + TextSettings.keys,
        synonyms: [
            "provider": "http", "openai": "http", "rateLimit": "limits", "rateLimits": "limits",
            "cost": "price",
            "batchAPI": "batchApi", "max_tokens": "maxTokens",
        ])

    static let http = MappingSchema(
        about: "A model that a server has.",
        keys: [
            KeySchema(
                "api", .choice(HTTPAPI.allCases.map(\.rawValue)),
                "What the server speaks; openai for every server that is compatible with it.",
                isRequired: true),
            KeySchema(
                "url", .text, "The base of the API, as its own clients have it. Default: the API's own."),
            KeySchema("model", .text, "The model's name there; for azure the deployment's."),
            KeySchema(
                "key", .text, "A secret, as ${OPENAI_API_KEY}: sent as the API wants it, and shown nowhere."),
            KeySchema(
                "dimensions", .number(1...65_536),
                "Of the vectors, for models that can shorten them. Sent only when given."
            ),
            KeySchema("headers", .names(of: .text), "Sent with each request; they may hold secrets."),
            KeySchema("system", .text, "For chat: what the model is to do."),
            KeySchema(
                "prompt", .text,
                "For chat: what it is asked, with {{input}} for the text. Default: {{input}}."),
            KeySchema("schema", .anything, "For chat: a JSON Schema that each answer has to fit."),
        ],
        synonyms: [
            "apiKey": "key", "api_key": "key", "token": "key", "base_url": "url", "baseUrl": "url",
            "endpoint": "url",
            "host": "url", "deployment": "model", "dimension": "dimensions", "type": "api", "provider": "api",
            "instructions": "system", "format": "schema",
        ])

    static let limits = MappingSchema(
        about: "Ceilings of the account.",
        keys: [
            KeySchema("requests", .rate, "Requests, as 3000/m."),
            KeySchema("tokens", .rate, "Input tokens, as 1M/m."),
            KeySchema(
                "concurrency", .number(1...1024),
                "Requests in flight at once, at most. Default: \(Pacing.defaultCeiling); Lockstep begins with \(Int(CallWindow.first)) and finds how many."
            ),
        ], synonyms: ["rpm": "requests", "tpm": "tokens", "parallel": "concurrency"])

    static let batchAPI = MappingSchema(
        about: "When backfills go by the batch API.",
        keys: [
            KeySchema(
                "above", .number(1...Int.max), "Inputs: smaller backfills go as usual.", isRequired: true),
            KeySchema("poll", .duration, "How often it is asked how far it is. Default: 60s."),
        ])

    package init() {}

    package func read(
        _ entry: YAMLNode.Entry, in model: MappingReader, problems: inout Problems
    ) -> (any ProviderSpec)? {
        let terms = TermsReader(model: model)
        let reader = MappingReader(entry.value, "`http`", Self.http, problems: &problems)
        let api = reader.flatMap { HTTPReader(http: $0).api(problems: &problems) }
        // Whatever is wrong there, what stands beside it is looked at, too.
        let read = terms.read(api, problems: &problems)
        let texts = TextSettings(model, problems: &problems)
        guard let reader, let api,
            var spec = HTTPReader(http: reader).spec(api, problems: &problems)
        else { return nil }
        spec.terms = read
        spec.texts = texts
        spec.maxTokens = model["maxTokens"]?.count("`maxTokens`", problems: &problems)
        if let node = model["timeout"] {
            spec.timeout = node.duration("`timeout`", problems: &problems) ?? spec.timeout
        }
        return spec
    }
}
