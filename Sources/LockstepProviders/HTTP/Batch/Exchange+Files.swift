extension Exchange {
    /// For one file: large ones take their time.
    private static let timeoutOfFiles = Duration.seconds(3600)
    /// Of a line: few vectors have as many digits.
    private static let mostBytesOfLine = 4 << 20

    func get(
        _ path: String, query: String? = nil, authorization: (String) -> (name: String, value: String)
    ) async throws(Refusal) -> JSON {
        try json(await send(call("GET", path, query: query, authorization: authorization)))
    }

    /// Nil where there is no such thing.
    func find(
        _ path: String, authorization: (String) -> (name: String, value: String)
    ) async throws(Refusal) -> JSON? {
        let answer = try await send(call("GET", path, query: nil, authorization: authorization))
        // `nil` alone would be JSON's own.
        guard answer.status != 404 else { return Optional.none }
        return try json(answer)
    }

    /// What is gone already is removed.
    func delete(
        _ path: String, authorization: (String) -> (name: String, value: String)
    ) async throws(Refusal) {
        let answer = try await send(call("DELETE", path, query: nil, authorization: authorization))
        guard 200..<300 ~= answer.status || answer.status == 404 else { throw reader(texts: []).read(answer) }
    }

    func upload(
        _ upload: BatchUpload, file path: String, by files: any FileTransport,
        authorization: (String) -> (name: String, value: String)
    ) async throws(Refusal) -> JSON {
        var call = call(
            "POST", upload.path, query: upload.query, authorization: authorization,
            timeout: Self.timeoutOfFiles)
        call.headers.removeAll { $0.name == "content-type" }
        call.headers += [("content-type", upload.contentType)] + upload.headers
        let answer: HTTPAnswer
        do throws(TransportError) {
            answer = try await files.send(
                call, file: path, prefix: Array(upload.prefix.utf8), suffix: Array(upload.suffix.utf8))
        } catch {
            throw reader(texts: []).read(error, timeout: Self.timeoutOfFiles)
        }
        return try json(answer)
    }

    /// Lends the lines of a file.
    func lines(
        _ path: String, query: String?, by files: any FileTransport,
        authorization: (String) -> (name: String, value: String), _ body: ([UInt8]) throws -> Void
    ) async throws {
        var call = call("GET", path, query: query, authorization: authorization, timeout: Self.timeoutOfFiles)
        call.mostBytes = Self.mostBytesOfLine
        let answer: HTTPAnswer
        do {
            answer = try await files.lines(call, body)
        } catch let error as TransportError {
            throw reader(texts: []).read(error, timeout: Self.timeoutOfFiles)
        }
        guard 200..<300 ~= answer.status else { throw reader(texts: []).read(answer) }
    }
}
