import LockstepProviders
import Testing

struct ServiceProposalTests {
    private func proposals(
        _ services: [ModelService] = [], _ environment: [String: String] = [:]
    ) -> [ModelProposal] {
        ServiceProposals.proposals(
            in: Surroundings(folder: "/srv", environment: environment, services: services))
    }

    private func service(
        _ api: ModelService.API, _ url: String, _ models: [(String, Bool)]
    ) -> ModelService {
        ModelService(api: api, url: url, models: models.map { .init(name: $0.0, embeds: $0.1) })
    }

    @Test func anOllamaWithAModelForItIsReady() throws {
        let ollama = service(
            .ollama, "http://127.0.0.1:11434",
            [("qwen3:latest", false), ("all-minilm:latest", true), ("nomic-embed-text:latest", true)])
        let proposal = try #require(proposals([ollama]).first)
        #expect(proposal.standing == .ready && proposal.name == "nomic-embed-text")
        #expect(
            proposal.lines == [
                "http: {api: ollama, model: \"nomic-embed-text:latest\"}", "prefix: \"search_document: \"",
                "queryPrefix: \"search_query: \"",
            ])
        #expect(proposal.about.contains("and 1 more"))
    }

    @Test func anOllamaWithoutOneSaysHowToFetchIt() {
        let ollama = service(.ollama, "http://127.0.0.1:5000", [("qwen3:latest", false)])
        let found = proposals([ollama])
        #expect(found.map(\.standing) == [.later])
        #expect(found[0].about.contains("`ollama pull nomic-embed-text`"))
        #expect(
            found[0].lines[0]
                == "http: {api: ollama, url: \"http://127.0.0.1:5000\", model: nomic-embed-text}")
    }

    @Test func otherServersAreReadyWithAModelForIt() {
        let vllm = service(.openai, "http://127.0.0.1:8000/v1", [("intfloat/e5-base-v2", true)])
        let chat = service(.openai, "http://127.0.0.1:1234/v1", [("qwen3-8b", false)])
        let tei = service(.tei, "http://127.0.0.1:3000", [("BAAI/bge-small-en-v1.5", true)])
        let found = proposals([vllm, chat, tei])
        #expect(found.map(\.name) == ["e5-base-v2", "bge-small-en-v1-5"])
        #expect(
            found[0].lines == [
                "http: {api: openai, url: \"http://127.0.0.1:8000/v1\", model: intfloat/e5-base-v2}",
                "prefix: \"passage: \"", "queryPrefix: \"query: \"",
            ])
        #expect(found[1].lines == ["http: {api: tei, url: \"http://127.0.0.1:3000\"}"])
    }

    @Test(
        arguments: [
            ("OPENAI_API_KEY", "openai"), ("AZURE_OPENAI_API_KEY", "azure"), ("COHERE_API_KEY", "cohere"),
            ("CO_API_KEY", "cohere"), ("VOYAGE_API_KEY", "voyage"), ("GEMINI_API_KEY", "gemini"),
            ("GOOGLE_API_KEY", "gemini"), ("MISTRAL_API_KEY", "mistral"), ("JINA_API_KEY", "jina"),
        ])
    func aKeyIsProposedByItsNameAndNeverFirst(_ variable: String, _ name: String) {
        let found = proposals([], [variable: "sk-very-secret"])
        #expect(found.map(\.name) == [name] && found[0].standing == .later)
        #expect(found[0].lines.contains("  key: ${\(variable)}"))
        #expect(!"\(found)".contains("very-secret"))
        #expect(proposals([], [variable: ""]).isEmpty)
    }
}

struct ServiceQuestionTests {
    private func question(_ api: ModelService.API, _ port: Int) -> ServiceQuestion? {
        ServiceQuestion.all(environment: [:]).first { $0.api == api && $0.port == port }
    }

    @Test func onlyThisMachineIsAsked() {
        for host in ["", "10.0.0.5:11434", "evil.example:80", "127.0.0.1", "http://example.org:11434"] {
            let asked = ServiceQuestion.all(environment: ["OLLAMA_HOST": host])
            #expect(asked.allSatisfy { $0.address.hasPrefix("http://127.0.0.1:") })
            #expect(asked.contains { $0.api == .ollama && $0.port == 11434 }, "\(host)")
        }
        for host in ["127.0.0.1:5000", "http://localhost:5000/", "0.0.0.0:5000"] {
            let asked = ServiceQuestion.all(environment: ["OLLAMA_HOST": host])
            #expect(asked.contains { $0.api == .ollama && $0.port == 5000 }, "\(host)")
        }
    }

    @Test func theAnswersOfServersAreRead() throws {
        let ollama = try #require(
            question(.ollama, 11434)?.service(
                Array(
                    #"{"models":[{"name":"a:latest","details":{"family":"nomic-bert"}},{"name":"qwen3:8b","details":{"family":"qwen3"}},{"name":"mxbai-embed-large"}]}"#
                        .utf8)))
        #expect(ollama.url == "http://127.0.0.1:11434")
        #expect(ollama.models.map(\.embeds) == [true, false, true])
        let openai = try #require(
            question(.openai, 8000)?.service(
                Array(#"{"object":"list","data":[{"id":"BAAI/bge-m3"},{"id":"llama-3"}]}"#.utf8)))
        #expect(openai.url == "http://127.0.0.1:8000/v1" && openai.models.map(\.embeds) == [true, false])
        let infinity = try #require(question(.openai, 7997))
        #expect(infinity.address == "http://127.0.0.1:7997/models")
        #expect(infinity.service(Array(#"{"data":[]}"#.utf8))?.url == "http://127.0.0.1:7997")
        let tei = try #require(question(.tei, 8080))
        let info =
            #"{"model_id":"BAAI/bge-small","model_type":{"embedding":{"pooling":"cls"}},"max_input_length":512}"#
        #expect(tei.service(Array(info.utf8))?.models == [.init(name: "BAAI/bge-small", embeds: true)])
        let reranker = #"{"model_id":"BAAI/rerank","model_type":{"reranker":{"id2label":{}}}}"#
        #expect(tei.service(Array(reranker.utf8))?.models.map(\.embeds) == [false])
    }

    @Test(arguments: ["", "<html>", "{}", "[]", #"{"models": 5}"#, #"{"data": [{"name": "x"}]}"#])
    func whatIsNoServerOfModelsIsPassedOver(_ body: String) {
        for question in ServiceQuestion.all(environment: [:]) {
            #expect(question.service(Array(body.utf8)) == nil, "\(question)")
        }
    }
}
