/// One request to a server. What it holds is secret: never shown.
struct HTTPCall: Sendable {
    var method = "POST"
    let url: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// From the start to the end of the answer.
    let timeout: Duration
    /// Bytes of the answer, at most.
    var mostBytes: Int
    /// It may be sent again on a new connection when a kept one turns out to be closed.
    var mayRepeat = true
}

/// What a server answered.
package struct HTTPAnswer: Sendable {
    package let status: Int
    /// Names in lower case.
    package let headers: [String: String]
    package let body: [UInt8]

    package init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why there is no answer.
package enum TransportError: Error, Hashable, Sendable {
    /// The server was not reached: nothing is wrong with what was asked. Says why.
    case unreachable(String)
    /// The connection ended before the answer did.
    case cut(String)
    /// The answer took longer than it may.
    case timedOut
    /// The answer has more bytes than it may.
    case tooLarge(Int)
    case cancelled
}

/// Sends requests: over HTTP, or in tests by a script.
protocol Transport: Sendable {
    func send(_ call: HTTPCall) async throws(TransportError) -> HTTPAnswer
}
