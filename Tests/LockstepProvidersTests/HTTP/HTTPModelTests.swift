import Foundation
import LockstepCore
import LockstepReading
import MongoBSON
import Synchronization
import Testing

@testable import LockstepProviders

/// Whole calls, over a server that is a script.
@Suite struct HTTPModelTests {
    @Test func aPrefixIsSentWithEachText() {
        var spec = HTTPSpec.test()
        let transport = ScriptedTransport { body, _ in ScriptedTransport.vectors(body) }
        #expect(spec.model(over: transport).frame == .none)
        spec.texts.prefix = "passage: "
        #expect(spec.model(over: transport).frame == InputFrame("passage: "))
    }

    @Test func textsGoOutAndVectorsComeBack() async throws {
        let transport = ScriptedTransport { body, _ in ScriptedTransport.vectors(body, tokens: 9) }
        var spec = HTTPSpec.test()
        spec.texts = TextSettings(prefix: "p: ", queryPrefix: "q: ")
        let model = spec.model(over: transport)
        let reply = try await model.ask(ProviderBatch(["abc", "", 7, ["d", "e"]]))
        #expect(
            reply.answers == [
                .value(BSONValue(vector: [6, 1])), .refused("the text is blank"),
                .refused("the model takes texts, the document has a value of type int"),
                .value(BSONValue(vector: [7, 1])),
            ])
        #expect(reply.usage == Usage(tokens: 9))
        let asked = try #require(transport.asked.first)
        #expect(asked.body["input"] == ["p: abc", "p: d\n\ne"])
        #expect(asked.url == "http://models.test:8000/v1/embeddings")
        #expect(asked.headers["authorization"] == "Bearer sk-a-long-secret-key")
        #expect(
            asked.headers["user-agent"] == "lockstep" && asked.headers["content-type"] == "application/json")
        _ = try await model.ask(ProviderBatch(["abc"]), for: .query)
        #expect(transport.asked.last?.body["input"] == ["q: abc"])
    }

    @Test func whereNothingIsATextNothingIsAsked() async throws {
        let transport = ScriptedTransport { body, _ in ScriptedTransport.vectors(body) }
        let reply = try await HTTPSpec.test().model(over: transport).ask(ProviderBatch(["", "  ", 5]))
        #expect(reply.answers.count == 3 && transport.asked.isEmpty && reply.usage.requests == 0)
    }

    @Test func aServerWithoutBase64IsAskedForFloats() async throws {
        let transport = ScriptedTransport { body, _ in
            body["encoding_format"] == nil
                ? ScriptedTransport.vectors(body)
                : ScriptedTransport.error(400, "Unrecognized request argument supplied: encoding_format")
        }
        let model = HTTPSpec.test().model(over: transport)
        for requests in [2, 1] {
            let reply = try await model.ask(ProviderBatch(["abc"]))
            #expect(reply.answers.count == 1 && reply.usage.requests == requests)
        }
        #expect(transport.asked.count == 3)
    }

    @Test func eachRequestOfACallCounts() async throws {
        let transport = ScriptedTransport { body, _ in
            let texts = body["input"]?.elements ?? []
            guard let place = texts.firstIndex(of: "bad") else { return ScriptedTransport.vectors(body) }
            return ScriptedTransport.error(400, "Invalid 'input[\(place)]': not this one.")
        }
        let model = HTTPSpec.test().model(over: transport)
        let reply = try await model.ask(ProviderBatch(["a", "bad", "c", "bad"]))
        #expect(reply.usage.requests == 3 && transport.asked.count == 3)
    }

    @Test func asManyRequestsAtOnceAsAnyServiceUnlessItIsSaid() {
        let transport = ScriptedTransport { body, _ in ScriptedTransport.vectors(body) }
        #expect(HTTPSpec.test().model(over: transport).limits.concurrency == Pacing.defaultCeiling)
    }

    @Test func vectorsOfAnotherLengthAreNotTaken() async throws {
        let transport = ScriptedTransport { body, _ in ScriptedTransport.vectors(body) }
        var spec = HTTPSpec.test()
        spec.dimensions = 3
        let error = await #expect(throws: ModelError.self) {
            try await spec.model(over: transport).ask(ProviderBatch(["a", "b"]))
        }
        #expect(error?.description.contains("length 2 where `dimensions: 3`") == true)
        #expect(transport.asked.first?.body["dimensions"] == 3)
        let odd = ScriptedTransport { _, _ in
            HTTPAnswer(
                status: 200,
                body: Array(
                    #"{"data":[{"embedding":[1,2]},{"embedding":[1,2,3]},{"embedding":[1,null,3]}]}"#.utf8))
        }
        let answers = try await spec.model(over: odd).ask(ProviderBatch(["a", "b", "c"])).answers
        #expect(answers[0] == .refused("the model gave a vector of length 2 where `dimensions` is 3"))
        #expect(answers[1] == .value(BSONValue(vector: [1, 2, 3])))
        #expect(answers[2] == .refused("the model gave a vector that holds NaN"))
    }

    @Test func limitsAreLearned() async throws {
        let transport = ScriptedTransport { body, _ in
            body["input"]?.elements?.count ?? 0 <= 32
                ? ScriptedTransport.vectors(body)
                : ScriptedTransport.error(422, "batch size 100 > maximum allowed batch size 32")
        }
        let model = HTTPSpec.test().model(over: transport)
        let inputs = (0..<100).map { BSONValue("text \($0)") }
        #expect(model.limits.count == 2048)
        await #expect(throws: ModelError.self) { try await model.ask(ProviderBatch(inputs)) }
        #expect(model.limits.count == 32)
        #expect(try await model.ask(ProviderBatch(Array(inputs[..<32]))).answers.count == 32)
    }

    @Test(arguments: [
        (
            TransportError.unreachable("nothing listens there"),
            "http://models.test:8000 cannot be reached: nothing listens there"
        ),
        (.timedOut, "within 60.0 s"), (.cut("it closed the connection"), "no whole answer"),
        (.tooLarge(5 << 20), "5 MB"),
    ])
    func noAnswerIsSaid(error: TransportError, words: String) async {
        let transport = ScriptedTransport { (_, _) throws(TransportError) in throw error }
        let thrown = await #expect(throws: ModelError.self) {
            try await HTTPSpec.test().model(over: transport).ask(ProviderBatch(["a"]))
        }
        #expect(
            thrown?.description.contains(words) == true || words.contains("60"),
            "\(String(describing: thrown))")
        switch (error, thrown) {
        case (.unreachable, .unavailable), (.timedOut, .failed), (.cut, .failed), (.tooLarge, .failed): break
        default: Issue.record("\(String(describing: thrown))")
        }
    }

    @Test func whatIsCancelledIsCancelled() async {
        let transport = ScriptedTransport { (_, _) throws(TransportError) in throw .cancelled }
        await #expect(throws: CancellationError.self) {
            try await HTTPSpec.test().model(over: transport).ask(ProviderBatch(["a"]))
        }
    }

    @Test func theKeyAndTheTextShowNowhere() async {
        let transport = ScriptedTransport { body, call in
            // A server that repeats everything.
            let everything = call.url + call.headers.map { "\($0.name): \($0.value)" }.joined() + body.text
            return ScriptedTransport.error(400, everything)
        }
        guard
            let endpoint = Endpoint(
                url: "https://models.test/v1?token=query-secret", key: "sk-secret-key-1",
                headers: ["X-Auth": "Bearer header-secret"])
        else { return }
        let model = HTTPSpec(api: .openai, endpoint: endpoint, model: "small").model(over: transport)
        let error = await #expect(throws: ModelError.self) {
            try await model.ask(ProviderBatch(["what the document says", "bob"]))
        }
        let told = "\(String(describing: error)) \(model.account.text)"
        for secret in ["query-secret", "sk-secret", "header-secret", "the document says", "bob"] {
            #expect(!told.contains(secret), "\(told)")
        }
    }

    @Test(arguments: [HTTPAPI.openai, .ollama, .cohere, .gemini, .tei, .chat])
    func anAnswerOfSuccessThatIsAnErrorSaysWhatTheServerSays(api: HTTPAPI) async {
        let transport = ScriptedTransport { body, _ in
            let words = "No credits left for sk-a-long-secret-key: what the document says"
            return ScriptedTransport.error(200, words)
        }
        let error = await #expect(throws: ModelError.self) {
            try await HTTPSpec.test(api).model(over: transport).ask(
                ProviderBatch(["what the document says"]))
        }
        let told = error?.description ?? ""
        #expect(told.contains("answered") && told.contains(": No credits left"), "\(told)")
        #expect(!told.contains("sk-a-long") && !told.contains("document says"), "\(told)")
    }

    // MARK: Identity

    @Test func theVersionIsOfTheModelAndNotOfItsServer() throws {
        let folder = ConfigurationFolder("/")
        let spec = HTTPSpec.test()
        let version = spec.version(storing: nil, in: folder)
        #expect(version.count == 16)
        #expect(
            HTTPSpec.test(url: "https://elsewhere.test/v1", key: nil).version(storing: nil, in: folder)
                == version)
        #expect(HTTPSpec.test(url: "https://elsewhere.test/v1").setup(in: folder) != spec.setup(in: folder))
        #expect(HTTPSpec.test(key: "another").setup(in: folder) != spec.setup(in: folder))
        var slow = spec
        slow.timeout = .seconds(5)
        slow.terms.price = 3
        #expect(
            slow.version(storing: nil, in: folder) == version
                && slow.setup(in: folder) != spec.setup(in: folder))
        var others = [HTTPSpec.test(model: "large"), HTTPSpec.test(.voyage), spec, spec, spec]
        others[2].dimensions = 5
        others[3].texts.prefix = "p"
        others[4].maxTokens = 5
        let versions = others.map { $0.version(storing: nil, in: folder) }
        #expect(Set(versions + [version]).count == 6)
        // Where no model is named, the server stands for it.
        let unnamed = ["http://a.test", "http://b.test"].map {
            HTTPSpec.test(.tei, url: $0, model: "").version(storing: nil, in: folder)
        }
        #expect(unnamed[0] != unnamed[1])
    }

    @Test func modelsOfOneAccountShareIt() {
        let transport = ScriptedTransport { body, _ in ScriptedTransport.vectors(body) }
        func account(_ spec: HTTPSpec) -> AccountID { spec.model(over: transport).account }
        #expect(account(.test()) == account(.test(model: "large")))
        #expect(account(.test()) == account(.test(url: "http://models.test:8000/other")))
        #expect(account(.test()) != account(.test(key: "another")))
        #expect(account(.test()) != account(.test(url: "https://models.test:8000/v1")))
        #expect(account(.test()) != account(.test(.cohere)))
    }

    // MARK: Proxies

    @Test(
        arguments: [
            (["http_proxy": "http://p:3128"], "http://a.test/", "p:3128"),
            (["HTTP_PROXY": "p:3128"], "http://a.test/", "p:3128"),
            (["http_proxy": "http://p:3128"], "https://a.test/", nil),
            (["HTTPS_PROXY": "http://p"], "https://a.test/", "p:80"),
            (["https_proxy": "http://small", "HTTPS_PROXY": "http://large"], "https://a.test/", "small:80"),
            (["ALL_PROXY": "socks5://p"], "https://a.test/", "p:1080"),
            (["https_proxy": ""], "https://a.test/", nil),
            (["https_proxy": "http://p", "no_proxy": "a.test"], "https://a.test/", nil),
            (["https_proxy": "http://p", "NO_PROXY": ".test, b"], "https://a.test/", nil),
            (["https_proxy": "http://p", "no_proxy": "test"], "https://a.test/", nil),
            (["https_proxy": "http://p", "no_proxy": "est"], "https://a.test/", "p:80"),
            (["https_proxy": "http://p", "no_proxy": "*"], "https://a.test/", nil),
            (["https_proxy": "http://p", "no_proxy": "a.test:8443"], "https://a.test:8443/", nil),
            (["https_proxy": "http://p", "no_proxy": "a.test:8443"], "https://a.test/", "p:80"),
            (["http_proxy": "http://p", "no_proxy": "localhost,127.0.0.1"], "http://127.0.0.1:11434/", nil),
            (["http_proxy": "http://p", "no_proxy": "[::1]"], "http://[::1]:80/", nil),
            ([:], "http://a.test/", nil),
        ] as [([String: String], String, String?)])
    func proxiesAreThoseOfTheEnvironment(environment: [String: String], url: String, expected: String?) throws
    {
        let proxy = try ProxySettings(environment).proxy(for: url)
        #expect(proxy.map { "\($0.host):\($0.port)" } == expected)
    }

    @Test(
        arguments: [
            (["HTTPS_PROXY": "https://me:secret@p:3128"], "https://a.test/", "HTTPS_PROXY"),
            (["https_proxy": "https://p:3128"], "https://a.test/", "https_proxy"),
            (["ALL_PROXY": "socks4://p"], "http://a.test/", "ALL_PROXY"),
            (["http_proxy": "://"], "http://a.test/", "http_proxy"),
            (["HTTPS_PROXY": "https://p:3128"], "http://a.test/", nil),
            (["HTTPS_PROXY": "https://p:3128", "NO_PROXY": "a.test"], "https://a.test/", nil),
        ] as [([String: String], String, String?)])
    func aProxyThatCannotBeTakenIsNotPassedBy(
        environment: [String: String], url: String, variable: String?
    ) async {
        let proxies = ProxySettings(environment)
        let spec = HTTPSpec.test(url: url)
        do throws(ProviderProblem) {
            try spec.check(proxies)
            #expect(variable == nil)
        } catch {
            #expect(variable.map { error.message.contains("`\($0)`") } == true, "\(error.message)")
            #expect(!error.message.contains("secret"))
            let call = HTTPCall(
                url: spec.endpoint.base, headers: [], body: [], timeout: .seconds(20), mostBytes: 1000)
            await #expect(throws: TransportError.unreachable(error.message)) {
                try await HTTPTransport(proxies).send(call)
            }
        }
    }

    @Test func aProxyMayHaveAPassword() throws {
        let proxy = try ProxySettings(["https_proxy": "http://me:secret@p:1"]).proxy(for: "https://a.test")
        #expect(proxy?.credentials == "me:secret" && proxy?.isSOCKS == false)
    }
}

/// Answers that are given one after another, the last one again and again.
final class Rest: Sendable {
    private let answers: Mutex<[HTTPAnswer]>

    init(_ answers: [HTTPAnswer]) {
        self.answers = Mutex(answers)
    }

    func next() -> HTTPAnswer {
        answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    }
}
