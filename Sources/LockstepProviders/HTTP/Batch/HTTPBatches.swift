import LockstepCore
import MongoBSON

/// A provider's batch API over HTTP.
struct HTTPBatches: BatchService {
    let form: any BatchForm
    let exchange: Exchange
    let files: any FileTransport
    let authorization: @Sendable (String) -> (name: String, value: String)
    let texts: TextSettings
    /// Longer texts are cut by calls, and marked.
    let maxTokens: Int?
    /// What an answer to one text says.
    let read: @Sendable (JSON) throws(BadAnswer) -> (answer: Answer, tokens: Int?)

    var limits: BatchJobLimits { form.limits }
    var share: Double { form.share }

    func line(_ input: BSONValue, id: String) -> [UInt8]? {
        // What is no text is refused by the round that asks for it.
        guard let text = TextBatch([input], texts).texts.first,
            maxTokens.map({ TokenEstimate.of(text) <= $0 }) ?? true
        else { return nil }
        return form.line(text, id: id).bytes + [UInt8(ascii: "\n")]
    }

    func upload(_ path: String, token: String) async throws -> String {
        let upload = form.upload(token: token)
        let json = try await model { () async throws(Refusal) in
            try await exchange.upload(upload, file: path, by: files, authorization: authorization)
        }
        guard let file = form.file(in: json) else { throw unreadable("a file that was sent") }
        return file
    }

    func start(file: String, token: String) async throws -> String {
        let (path, body) = form.start(file: file, token: token)
        let json = try await model { () async throws(Refusal) in
            try await exchange.post(
                path, body, authorization: authorization, texts: [], mostBytes: 1 << 20, mayRepeat: false
            ).json
        }
        guard let seen = form.seen(json) else { throw unreadable("a job that was started") }
        return seen.id
    }

    func find(token: String) async throws -> String? {
        var cursor: String?
        // The newest come first: nobody has as many jobs at once.
        for _ in 0..<50 {
            let (path, query) = form.list(after: cursor)
            let json = try await model { () async throws(Refusal) in
                try await exchange.get(path, query: query, authorization: authorization)
            }
            let listing = form.listing(json, after: cursor)
            if let job = listing.jobs[token] { return job }
            guard let next = listing.next else { return nil }
            cursor = next
        }
        return nil
    }

    func state(of job: String) async throws -> BatchJobState {
        try await seen(job)?.state ?? .gone
    }

    func answers(of job: String, _ body: (BatchAnswer) throws -> Void) async throws -> Usage {
        var tokens: Int?
        for file in try await seen(job)?.files ?? [] {
            let (path, query) = form.content(of: file)
            try await exchange.lines(path, query: query, by: files, authorization: authorization) { line in
                guard let json = try? JSONReader.read(line, packingNumbers: true),
                    let (id, outcome) = form.answer(json)
                else { return }
                switch outcome {
                case .answered(let json):
                    let (answer, used) = answer(json)
                    if let used { tokens = (tokens ?? 0) + used }
                    try body(BatchAnswer(id: id, answer: answer))
                case .refused(let reason): try body(BatchAnswer(id: id, answer: .refused(reason)))
                case .left: break
                }
            }
        }
        return Usage(tokens: tokens)
    }

    func discard(file: String?, job: String?) async throws {
        var all = [file].compactMap { $0 }
        if let job { all += try await seen(job)?.files ?? [] }
        for file in all {
            try await model { () async throws(Refusal) in
                try await exchange.delete(form.removal(of: file), authorization: authorization)
            }
        }
    }

    private func answer(_ json: JSON) -> (Answer, Int?) {
        do throws(BadAnswer) { return try read(json) } catch { return (.refused(error.description), nil) }
    }

    /// Nil where the provider knows no such job.
    private func seen(_ job: String) async throws -> SeenBatch? {
        let found = try await model { () async throws(Refusal) in
            try await exchange.find(form.job(job), authorization: authorization)
        }
        guard let json = found else { return nil }
        guard let seen = form.seen(json) else { throw unreadable("a job") }
        return seen
    }

    private func unreadable(_ what: String) -> ModelError {
        .unavailable("\(exchange.endpoint.origin) answers to the question for \(what) with something else")
    }

    private func model<Value>(_ body: () async throws(Refusal) -> Value) async throws -> Value {
        do throws(Refusal) { return try await body() } catch { throw ModelError.unavailable(error.reason) }
    }
}
