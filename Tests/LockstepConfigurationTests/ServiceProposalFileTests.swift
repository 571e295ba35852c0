import LockstepProviders
import LockstepReading
import Testing

@testable import LockstepConfiguration

/// What `lockstep init` proposes of servers and services is right as it stands.
struct ServiceProposalFileTests {
    private static let environment = [
        "OPENAI_API_KEY": "a", "AZURE_OPENAI_API_KEY": "a",
        "AZURE_OPENAI_ENDPOINT": "https://a.openai.azure.com",
        "COHERE_API_KEY": "a", "VOYAGE_API_KEY": "a", "GEMINI_API_KEY": "a", "MISTRAL_API_KEY": "a",
        "JINA_API_KEY": "a",
    ]

    private static func service(_ api: ModelService.API, _ url: String, _ model: String) -> ModelService {
        ModelService(api: api, url: url, models: [.init(name: model, embeds: true)])
    }

    private static let services = [
        service(.ollama, "http://127.0.0.1:11434", "nomic-embed-text:latest"),
        service(.ollama, "http://127.0.0.1:5000", "mxbai-embed-large"),
        ModelService(api: .ollama, url: "http://127.0.0.1:5001", models: []),
        service(.openai, "http://127.0.0.1:8000/v1", "intfloat/e5-base-v2"),
        service(.openai, "http://127.0.0.1:1234/v1", "text-embedding: \"odd\" #1"),
        service(.tei, "http://127.0.0.1:8080", "BAAI/bge-small-en-v1.5"),
    ]

    @Test func everyProposalIsAModelOfAConfiguration() throws {
        let proposals = ServiceProposals.proposals(
            in: Surroundings(folder: "/srv", environment: Self.environment, services: Self.services))
        #expect(proposals.count == Self.services.count + 7)
        for proposal in proposals {
            let text = """
                mongodb: {uri: mongodb://127.0.0.1, database: shop}
                models:
                  \(proposal.name):
                \(proposal.lines.map { "    \($0)" }.joined(separator: "\n"))
                listeners: [{model: \(proposal.name), on: docs, key: text}]
                """
            do throws(ConfigurationError) {
                let configuration = try Configuration.parse(
                    Array(text.utf8), file: "lockstep.yaml", directory: "/srv", environment: Self.environment)
                #expect(configuration.models[proposal.name]?.provider is HTTPSpec)
            } catch {
                Issue.record("\(text)\n\(error)")
            }
        }
    }
}
