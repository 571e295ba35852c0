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
        texts: [String], mostBytes: Int, packingNumbers: Bool = false, mayRepeat: Bool = true
    ) async throws(Refusal) -> (answer: HTTPAnswer, json: JSON) {
        var call = call("POST", path, query: query, authorization: authorization)
        call.body = body.bytes
        call.mostBytes = min(mostBytes, Endpoint.mostBytes)
        call.mayRepeat = mayRepeat
        let answer = try await send(call, texts: texts)
        return (answer, try json(answer, texts: texts, packingNumbers: packingNumbers))
    }

    func call(
        _ method: String, _ path: String, query: String?,
        authorization: (String) -> (name: String, value: String),
        timeout: Duration? = nil
    ) -> HTTPCall {
        HTTPCall(
            method: method, url: endpoint.url(path, query: query), headers: headers(authorization), body: [],
            timeout: timeout ?? self.timeout, mostBytes: 16 << 20)
    }

    func reader(texts: [String]) -> RefusalReader {
        RefusalReader(
            origin: endpoint.origin, model: model, missingModel: missingModel,
            redaction: Redaction(secrets: endpoint.secrets, texts: texts))
    }

    /// An answer of any status.
    func send(_ call: HTTPCall, texts: [String] = []) async throws(Refusal) -> HTTPAnswer {
        do throws(TransportError) {
            return try await transport.send(call)
        } catch {
            throw reader(texts: texts).read(error, timeout: call.timeout)
        }
    }

    /// What an answer of success says.
    func json(
        _ answer: HTTPAnswer, texts: [String] = [], packingNumbers: Bool = false
    ) throws(Refusal) -> JSON {
        guard 200..<300 ~= answer.status else { throw reader(texts: texts).read(answer) }
        do throws(JSONError) {
            return try JSONReader.read(answer.body, packingNumbers: packingNumbers)
        } catch {
            // Of JSON that is cut nothing is shown: it may be what the model says of a document.
            let start = ServerWords.plain(answer.body).map { ": \($0)" } ?? " that is whole"
            throw reader(texts: texts).failed("answers with no JSON\(start)")
        }
    }

    /// Why an answer of success is none, with what the server says of it.
    func failed(_ problem: BadAnswer, _ answer: HTTPAnswer, _ json: JSON, texts: [String]) -> Refusal {
        var said = ""
        // All else of the answer is no message.
        if ["error", "errors", "message", "detail"].contains(where: { json[$0] != nil }) {
            let redaction = reader(texts: texts).redaction
            said = redaction.shown(ServerWords(answer.body, without: redaction).message)
        }
        return Refusal(
            .failed, "\(endpoint.origin) \(problem.description)\(said.isEmpty ? "" : ": \(said)")")
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
