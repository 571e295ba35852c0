import LockstepReading

/// Models over HTTP that a new configuration may begin with.
package enum ServiceProposals {
    package static func proposals(in surroundings: Surroundings) -> [ModelProposal] {
        surroundings.services.flatMap(proposals)
            + HostedModel.all.compactMap { hosted in
                surroundings.variable(hosted.variables).map(hosted.proposal)
            }
    }

    /// What people take who have no other wish.
    private static let usual = "nomic-embed-text"

    private static func proposals(of service: ModelService) -> [ModelProposal] {
        let models = service.models.filter(\.embeds)
        guard let model = models.first(where: { $0.name.contains(usual) }) ?? models.first else {
            return service.api == .ollama ? [pull(service)] : []
        }
        let more = models.count > 1 ? ", and \(models.count - 1) more" : ""
        return [
            proposal(
                service, model.name,
                about: "Texts to vectors: \(name(of: service)) at \(service.url) has \(model.name)\(more).",
                standing: .ready)
        ]
    }

    /// An Ollama that has no model for it yet.
    private static func pull(_ service: ModelService) -> ModelProposal {
        proposal(
            service, usual,
            about:
                "Ollama answers at \(service.url) and has no model that makes vectors yet: `ollama pull \(usual)` fetches one.",
            standing: .later)
    }

    private static func name(of service: ModelService) -> String {
        switch service.api {
        case .ollama: "Ollama"
        case .tei: "a text-embeddings-inference"
        case .openai: "a server that speaks the OpenAI API"
        }
    }

    private static func proposal(
        _ service: ModelService, _ model: String, about: String, standing: ModelProposal.Standing
    ) -> ModelProposal {
        // The api's own address needs no word.
        let isUsual = service.api == .ollama && service.url == "http://127.0.0.1:11434"
        let url = isUsual ? "" : ", url: \(YAMLText.scalar(service.url))"
        let name = service.api == .tei ? "" : ", model: \(YAMLText.scalar(model))"
        return ModelProposal(
            name: modelName(model), about: about,
            lines: ["http: {api: \(service.api.rawValue)\(url)\(name)}"] + prefixes(model),
            advice: "Each listener computes a vector for each document: take out those that you do not need.",
            standing: standing)
    }

    /// What some models want to stand before a text.
    private static func prefixes(_ model: String) -> [String] {
        let name = model.lowercased()
        if name.contains("nomic-embed-text") {
            return ["prefix: \"search_document: \"", "queryPrefix: \"search_query: \""]
        }
        let isE5 = ["e5-small", "e5-base", "e5-large"].contains { name.contains($0) }
        if isE5, !name.contains("instruct") { return ["prefix: \"passage: \"", "queryPrefix: \"query: \""] }
        return []
    }

    /// A name for the configuration: the last part, without version, of letters, digits and hyphens.
    private static func modelName(_ model: String) -> String {
        let last = model.split(separator: "/").last.map(String.init) ?? model
        let name = last.prefix { $0 != ":" }.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let text = String(name).lowercased()
        return text.first?.isLetter == true ? text : "model-\(text)"
    }
}

/// A service of others that a variable holds a key for.
private struct HostedModel {
    let variables: [String]
    let name: String
    let host: String
    /// Of `http`, without the key.
    let lines: [String]
    /// Per million tokens, as the service's list of prices says; nil where it is to be looked up.
    var price: String?

    static let all = [
        HostedModel(
            variables: ["OPENAI_API_KEY"], name: "openai", host: "api.openai.com",
            lines: ["api: openai", "model: text-embedding-3-small"], price: "0.02"),
        HostedModel(
            variables: ["AZURE_OPENAI_API_KEY"], name: "azure", host: "your endpoint at Azure",
            lines: [
                "api: azure", "url: ${AZURE_OPENAI_ENDPOINT}",
                "model: text-embedding-3-small   # the deployment's name",
            ]),
        HostedModel(
            variables: ["COHERE_API_KEY", "CO_API_KEY"], name: "cohere", host: "api.cohere.com",
            lines: ["api: cohere", "model: embed-v4.0"]),
        HostedModel(
            variables: ["VOYAGE_API_KEY"], name: "voyage", host: "api.voyageai.com",
            lines: ["api: voyage", "model: voyage-4-lite"]),
        HostedModel(
            variables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"], name: "gemini",
            host: "generativelanguage.googleapis.com", lines: ["api: gemini", "model: gemini-embedding-001"]),
        HostedModel(
            variables: ["MISTRAL_API_KEY"], name: "mistral", host: "api.mistral.ai",
            lines: ["api: openai", "url: https://api.mistral.ai/v1", "model: mistral-embed"]),
        HostedModel(
            variables: ["JINA_API_KEY"], name: "jina", host: "api.jina.ai",
            lines: ["api: openai", "url: https://api.jina.ai/v1", "model: jina-embeddings-v3"]),
    ]

    /// Never what a configuration begins with: it would send texts to somebody else, and cost money.
    func proposal(variable: String) -> ModelProposal {
        ModelProposal(
            name: name,
            about:
                "$\(variable) is set: this model sends the texts to \(host), and costs what it charges. `lockstep plan` says how much.",
            lines: ["http:"] + (lines + ["key: ${\(variable)}"]).map { "  \($0)" }
                + [
                    price.map { "price: \($0)   # per million tokens; look it up" }
                        ?? "# price: per million tokens, so that `plan` and `costs` can say it"
                ], standing: .later)
    }
}
