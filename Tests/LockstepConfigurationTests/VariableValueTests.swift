import Lockstep
import LockstepProviders
import Testing

@testable import LockstepConfiguration

/// What the environment holds fills values, and nothing else.
@Suite struct VariableValueTests {
    @Test(arguments: [
        "{$gt: \"\"}", "{\"$gt\": \"\"}", "[a, b]", "a\n    $where: sleep(1000)", "\"}, key: other, x: {\"",
        "*anchor", "!!map {}",
    ])
    func aVariableIsAValueAndNeverAnOperator(value: String) throws {
        let text = """
            mongodb: {uri: "mongodb://h", database: shop}
            models: {length: {exec: [cat, "${VALUE}"], environment: {TOKEN: "${VALUE}"}}}
            listeners:
              - model: length
                on: docs
                key: text
                where:
                  lang: "${VALUE}"
                  size: ${VALUE}
            """
        let configuration = try parse(text, environment: ["VALUE": value])
        #expect(
            configuration.listeners.first?.filter == ["lang": BSONValue(value), "size": BSONValue(value)])
        let exec: ExecSpec = try #require(provider("length", of: configuration))
        #expect(exec.arguments == ["cat", value] && exec.environment == ["TOKEN": value])
    }
}
