import Foundation
import LockstepCore
import LockstepReading
import Synchronization

@testable import LockstepProviders

/// A server without a network: it answers what the script says, and remembers what it was asked.
final class ScriptedTransport: Transport {
    typealias Script = @Sendable (JSON, HTTPCall) throws(TransportError) -> HTTPAnswer

    private let script: Script
    private let log = Mutex<[(url: String, headers: [String: String], body: JSON)]>([])

    init(_ script: @escaping Script) {
        self.script = script
    }

    func send(_ call: HTTPCall) async throws(TransportError) -> HTTPAnswer {
        let body = (try? JSONReader.read(call.body)) ?? .null
        let headers = Dictionary(call.headers.map { ($0.name, $0.value) }) { $1 }
        log.withLock { $0.append((call.url, headers, body)) }
        return try script(body, call)
    }

    var asked: [(url: String, headers: [String: String], body: JSON)] {
        log.withLock { $0 }
    }

    /// How many texts each request had, in the form of OpenAI.
    var sizes: [Int] {
        asked.map { $0.body["input"]?.elements?.count ?? 0 }
    }

    /// As OpenAI answers: a text's length and a 1, in floats.
    static func vectors(_ body: JSON, tokens: Int? = nil) -> HTTPAnswer {
        let texts = body["input"]?.elements?.compactMap(\.string) ?? []
        let data = texts.enumerated().map { place, text in
            JSON.object([
                .init("index", .int(place)),
                .init("embedding", .array([.number(Double(text.utf8.count)), 1.0])),
            ])
        }
        let count = tokens ?? texts.reduce(0) { $0 + $1.utf8.count / 4 }
        return HTTPAnswer(
            status: 200,
            body: JSON.object([.init("data", .array(data)), .init("usage", ["total_tokens": .int(count)])])
                .bytes)
    }

    static func error(_ status: Int, _ message: String, headers: [String: String] = [:]) -> HTTPAnswer {
        HTTPAnswer(
            status: status, headers: headers,
            body: JSON.object([.init("error", ["message": .string(message)])]).bytes)
    }
}

extension HTTPSpec {
    static func test(
        _ api: HTTPAPI = .openai, url: String = "http://models.test:8000/v1", model: String = "small",
        key: String? = "sk-a-long-secret-key"
    ) -> HTTPSpec {
        guard let endpoint = Endpoint(url: url, key: key) else { preconditionFailure("\(url) is no URL") }
        return HTTPSpec(api: api, endpoint: endpoint, model: model)
    }

    func model(over transport: any Transport, vectors: VectorFormat? = nil, count: Int? = nil) -> HTTPModel {
        make(
            ModelSettings(
                name: "m", version: "1", setup: "s", vectors: vectors, batchCount: count, batchBytes: nil),
            over: transport)
    }
}
