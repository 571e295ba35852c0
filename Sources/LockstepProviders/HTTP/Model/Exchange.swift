/// Asks one server for one model: puts requests together, and makes refusals of what is no answer.
struct Exchange: Sendable {
    let endpoint: Endpoint
    let transport: any Transport
    /// For one request.
    let timeout: Duration
    let model: String
    /// What to do where the model is not there.
    let missingModel: String

    /// - Parameters:
    ///   - texts: what of the request is a document's, and is shown nowhere.
    ///   - mostBytes: of the answer.
    func post(
        _ path: String, query: String? = nil, _ body: JSON,
        authorization: (String) -> (name: String, value: String),
        texts: [String], mostBytes: Int, packingNumbers: Bool = false
    ) async throws(Refusal) -> (answer: HTTPAnswer, json: JSON) {
        let reader = RefusalReader(
            origin: endpoint.origin, model: model, missingModel: missingModel,
            redaction: Redaction(secrets: endpoint.secrets, texts: texts))
        let call = HTTPCall(
            url: endpoint.url(path, query: query), headers: headers(authorization), body: body.bytes,
            timeout: timeout, mostBytes: min(mostBytes, Endpoint.mostBytes))
        let answer: HTTPAnswer
        do throws(TransportError) {
            answer = try await transport.send(call)
        } catch {
            throw reader.read(error, timeout: timeout)
        }
        guard 200..<300 ~= answer.status else { throw reader.read(answer) }
        do throws(JSONError) {
            return (answer, try JSONReader.read(answer.body, packingNumbers: packingNumbers))
        } catch {
            let start = String(decoding: answer.body.prefix(500), as: UTF8.self)
            throw reader.failed("answers with no JSON: \(start)")
        }
    }

    /// Why an answer of success is none.
    func failed(_ problem: BadAnswer, texts: [String]) -> Refusal {
        Refusal(.failed, "\(endpoint.origin) \(problem.description)")
    }

    private func headers(
        _ authorization: (String) -> (name: String, value: String)
    ) -> [(name: String, value: String)] {
        var headers = [
            ("content-type", "application/json"), ("accept", "application/json"), ("user-agent", "lockstep"),
        ]
        // Between two machines of one's own the bytes cost less than their compression.
        if endpoint.base.hasPrefix("https") { headers.append(("accept-encoding", "gzip")) }
        if let key = endpoint.key, !key.isEmpty { headers.append(authorization(key)) }
        // What the configuration says goes before.
        let own = Set(endpoint.headers.keys.map { $0.lowercased() })
        headers.removeAll { own.contains($0.0) }
        headers += endpoint.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return headers.map { (name: $0.0, value: $0.1) }
    }
}
