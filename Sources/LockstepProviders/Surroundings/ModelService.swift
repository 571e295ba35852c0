import Foundation

/// A server of models on this machine.
package struct ModelService: Hashable, Sendable {
    /// What it speaks.
    package enum API: String, Hashable, Sendable {
        case ollama, openai, tei
    }

    package struct Model: Hashable, Sendable {
        package let name: String
        /// By what the server says of it, or by its name.
        package let embeds: Bool

        package init(name: String, embeds: Bool) {
            self.name = name
            self.embeds = embeds
        }
    }

    package let api: API
    /// As `url` takes it.
    package let url: String
    package let models: [Model]

    package init(api: API, url: String, models: [Model]) {
        self.api = api
        self.url = url
        self.models = models
    }
}

/// One question to a port of this machine, and how its answer is read.
package struct ServiceQuestion: Hashable, Sendable {
    package let api: ModelService.API
    package let port: Int
    /// Of the address that `url` takes.
    package let base: String
    package let path: String

    package init(_ api: ModelService.API, port: Int, base: String = "", path: String) {
        self.api = api
        self.port = port
        self.base = base
        self.path = path
    }

    package var address: String { "http://127.0.0.1:\(port)\(base)\(path)" }

    /// The usual ports; that of Ollama may be in its own variable.
    package static func all(environment: [String: String]) -> [ServiceQuestion] {
        [
            ServiceQuestion(.ollama, port: ollamaPort(environment["OLLAMA_HOST"]), path: "/api/tags"),
            ServiceQuestion(.tei, port: 8080, path: "/info"),
            ServiceQuestion(.tei, port: 3000, path: "/info"),
            // vLLM, llama.cpp, LM Studio, infinity.
            ServiceQuestion(.openai, port: 8000, base: "/v1", path: "/models"),
            ServiceQuestion(.openai, port: 8080, base: "/v1", path: "/models"),
            ServiceQuestion(.openai, port: 1234, base: "/v1", path: "/models"),
            ServiceQuestion(.openai, port: 7997, path: "/models"),
        ]
    }

    /// That of `$OLLAMA_HOST` where it names this machine: no other one is asked.
    private static func ollamaPort(_ host: String?) -> Int {
        let place = (host ?? "").replacing(/^https?:\/\//, with: "").prefix { $0 != "/" }
        let parts = place.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]), (1...65535).contains(port),
            ["127.0.0.1", "localhost", "0.0.0.0"].contains(parts[0])
        else { return 11434 }
        return port
    }
}

// MARK: Answers

extension ServiceQuestion {
    private struct OllamaTags: Decodable {
        struct Model: Decodable {
            struct Details: Decodable {
                let family: String?
            }
            let name: String
            let details: Details?
        }
        let models: [Model]
    }

    private struct OpenAIModels: Decodable {
        struct Model: Decodable {
            let id: String
        }
        let data: [Model]
    }

    private struct TEIInfo: Decodable {
        struct Kind: Decodable {
            struct Embedding: Decodable {}
            let embedding: Embedding?
        }
        let model_id: String
        let model_type: Kind
    }

    /// Nil when what answers is something else.
    package func service(_ body: [UInt8]) -> ModelService? {
        let data = Data(body)
        let models: [ModelService.Model]
        switch api {
        case .ollama:
            guard let tags = try? JSONDecoder().decode(OllamaTags.self, from: data) else { return nil }
            models = tags.models.map { model in
                let isEncoder = model.details?.family?.lowercased().contains("bert") ?? false
                return .init(name: model.name, embeds: isEncoder || Self.embeds(model.name))
            }
        case .openai:
            guard let list = try? JSONDecoder().decode(OpenAIModels.self, from: data) else { return nil }
            models = list.data.map { .init(name: $0.id, embeds: Self.embeds($0.id)) }
        case .tei:
            guard let info = try? JSONDecoder().decode(TEIInfo.self, from: data) else { return nil }
            models = [.init(name: info.model_id, embeds: info.model_type.embedding != nil)]
        }
        return ModelService(api: api, url: "http://127.0.0.1:\(port)\(base)", models: models)
    }

    /// Parts of the names of models that make vectors.
    private static let names = [
        "embed", "bge-", "e5-", "gte-", "minilm", "mpnet", "arctic", "mxbai", "nomic",
        "sentence-transformers",
    ]

    private static func embeds(_ name: String) -> Bool {
        let name = name.lowercased()
        return names.contains { name.contains($0) }
    }
}
