import Foundation
import Lockstep
import Testing

@testable import LockstepConfiguration
@testable import LockstepProviders
import LockstepReading

/// The JSON Schema, and the readers that take their keys from the same description.
@Suite struct SchemaTests {
    /// Every key there is, with a value of its kind.
    private static let everything = """
        mongodb: {uri: "mongodb://127.0.0.1", database: shop}
        models:
          a: {exec: [cat, x], version: "1", vectors: bson, batch: {count: 1, bytes: 2}, timeout: 1m, startTimeout: 2m, workers: 2, environment: {A: b}}
          b: {openvino: models/b, pooling: cls, normalize: true, maxTokens: 64, device: CPU, prefix: "a: ", queryPrefix: "b: ", overlong: refuse}
          c: {http: {api: chat, url: "http://a/v1", model: m, key: k, headers: {A: b}, system: s, prompt: "{{input}}", schema: {type: string}}, memo: false}
          d:
            http: {api: openai, model: m, key: k, dimensions: 5}
            price: 0.02
            budget: 5/day
            limits: {requests: 3000/m, tokens: 1M/m, concurrency: 8}
            batchApi: {above: 10000, poll: 60s}
            maxTokens: 512
            prefix: "passage: "
            queryPrefix: "query: "
            overlong: refuse
        listeners:
          - {model: a, on: docs, key: [title, text], as: size, where: {lang: en}}
          - {model: a, on: docs, key: text}
        reconcileEvery: 30s
        auditEvery: 1d
        server: {host: 127.0.0.1, port: 7077, token: 0123456789abcdef, maxLag: 60s, hosts: [a]}
        """

    @Test func theReadersTakeEveryKeyOfTheDescription() throws {
        let configuration = try Configuration.parse(
            Array(Self.everything.utf8), file: "f", directory: "/", environment: [:])
        #expect(configuration.models.count == 4 && configuration.listeners.count == 2)
        for mapping in Self.mappings {
            for key in mapping.names {
                #expect(
                    Self.everything.contains(try Regex("(^|[{ \\n])\(key):")), "\(key) is not in the example")
            }
        }
    }

    private static let schema = ConfigurationSchema.standard
    private static let mappings = [
        schema.file, ConfigurationSchema.mongodb, schema.model, ConfigurationSchema.batch, schema.listener,
        ConfigurationSchema.server, HTTPKind.http, HTTPKind.limits, HTTPKind.batchAPI,
    ]

    @Test func synonymsLeadToKeysThatAreThere() {
        for mapping in Self.mappings {
            for (word, key) in mapping.synonyms {
                #expect(mapping.names.contains(key) && !mapping.names.contains(word), "\(word): \(key)")
            }
        }
    }

    @Test func theSchemaIsJSONWithEveryKey() throws {
        let text = Self.schema.json.page
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(json["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        let properties = try #require(json["properties"] as? [String: Any])
        #expect(Set(properties.keys) == Set(Self.schema.file.names))
        #expect(json["additionalProperties"] as? Bool == false)
        for mapping in Self.mappings {
            for key in mapping.keys {
                #expect(text.contains("\"\(key.name)\": {"), "\(key.name)")
                #expect(!key.about.isEmpty && key.about.hasSuffix("."), "\(key.name)")
            }
        }
    }

    @Test func theCallsOfAServiceAreToldAsTheyAre() throws {
        let text = Self.schema.json.page
        #expect(
            text.contains(
                "Requests in flight at once, at most. Default: 16; Lockstep begins with 2 and finds how many."
            ))
        let model = "http: {api: ollama, model: nomic}"
        let configuration = try Configuration.parse(
            Array(
                "mongodb: {uri: \"mongodb://h\", database: d}\nmodels: {m: {\(model)}}\nlisteners: [{model: m, on: a, key: b}]"
                    .utf8),
            file: "f", directory: "/", environment: [:])
        let provider = try #require(try configuration.assemble().models["m"])
        let pacing = Pacing(provider.limits, provider.terms)
        #expect(pacing.calls == 2 && pacing.mostCalls == 16 && provider.limits.concurrency == 16)
    }

    @Test func textsOfJSONAreEscaped() throws {
        let text = "a \"b\" \\ \n\t\u{1} \u{2028} é 中"
        let json = JSONText.object([("k", .list([.string(text), .null, .bool(true), .number(-7)]))])
        for written in [json.line, json.page] {
            let read = try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [String: [Any]]
            #expect(read?["k"]?.first as? String == text, "\(written)")
        }
        #expect(!json.line.contains("\n"))
    }
}
