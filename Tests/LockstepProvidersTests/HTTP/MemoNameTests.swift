import LockstepCore
import LockstepProviders
import LockstepReading
import Testing

/// Under what a model's answers are kept: renamed, it keeps them; what may be another model does not find them.
struct MemoNameTests {
    private func name(
        _ name: String, at url: String = "https://api.test/v1", version: String? = nil
    ) throws -> [String] {
        let endpoint = try #require(Endpoint(url: url, key: "secret"))
        let spec = HTTPSpec(api: .openai, endpoint: endpoint, model: "small")
        let folder = ConfigurationFolder("/")
        let settings = ModelSettings(
            name: name, version: version ?? spec.version(storing: nil, in: folder), setup: "", vectors: nil,
            batchCount: nil, batchBytes: nil)
        let model = spec.make(settings, in: folder).model
        #expect(model.terms.hasMemo && model.hasEqualAnswers)
        return [model.memoName, model.version]
    }

    @Test func anotherNameFindsThemWhereTheVersionIsAHash() throws {
        #expect(try name("one") == name("two"))
    }

    @Test func anotherServerDoesNot() throws {
        #expect(try name("one") != name("one", at: "http://127.0.0.1:8000/v1"))
    }

    @Test(arguments: [
        ("https://gw.test/a/v1", "https://gw.test/b/v1"), ("https://gw.test/v1", "https://gw.test/V1"),
        ("https://gw.test/v1?server=a", "https://gw.test/v1?server=b"),
        ("https://gw.test/v1", "https://gw.test/v1?server=b"),
    ])
    func anotherServerBehindOneGatewayDoesNot(one: String, other: String) throws {
        #expect(try name("one", at: one) != name("one", at: other))
    }

    @Test(arguments: ["https://API.test/v1", "https://api.test/v1/", "https://api.test/v1#x"])
    func theSameServerWrittenOtherwiseDoes(url: String) throws {
        #expect(try name("one") == name("one", at: url))
    }

    @Test func aVersionOfTheUsersOwnSaysNothingOfTheModel() throws {
        #expect(try name("one", version: "1") != name("two", version: "1"))
        #expect(try name("one", version: "1") == name("one", version: "1"))
    }

    @Test func noSecretIsInIt() throws {
        let stored = try name("one", at: "https://user:password@api.test/v1?key=secret")
        #expect(!stored.joined().contains("password") && !stored.joined().contains("secret"))
    }
}
