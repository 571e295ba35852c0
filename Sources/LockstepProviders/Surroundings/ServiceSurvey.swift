import AsyncHTTPClient
import NIOCore

/// Asks the usual ports of this machine for servers of models: a GET each, without a key, and never beyond loopback.
package enum ServiceSurvey {
    /// Bytes of an answer, at most.
    private static let largest = 1 << 20

    /// - Parameter patience: for all questions, which are asked side by side.
    /// - Returns: what answers, in the order of the questions; two of one address once.
    package static func ask(
        _ questions: [ServiceQuestion], within patience: Duration = .milliseconds(300)
    ) async -> [ModelService] {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .milliseconds(250)))
        configuration.httpVersion = .http1Only
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let deadline = NIODeadline.now() + TimeAmount(patience)
        var found = [ModelService?](repeating: nil, count: questions.count)
        await withTaskGroup(of: (Int, ModelService?).self) { group in
            for (place, question) in questions.enumerated() {
                group.addTask { (place, await ask(question, client, deadline)) }
            }
            for await (place, service) in group { found[place] = service }
        }
        try? await client.shutdown()
        var seen: Set<String> = []
        return found.compactMap(\.self).filter { seen.insert($0.url).inserted }
    }

    private static func ask(
        _ question: ServiceQuestion, _ client: HTTPClient, _ deadline: NIODeadline
    ) async -> ModelService? {
        guard
            let response = try? await client.execute(
                HTTPClientRequest(url: question.address), deadline: deadline),
            response.status == .ok, let body = try? await response.body.collect(upTo: largest)
        else { return nil }
        return question.service(Array(body.readableBytesView))
    }
}
