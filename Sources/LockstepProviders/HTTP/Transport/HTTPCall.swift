/// One request to a server. What it holds is secret: never shown.
struct HTTPCall: Sendable {
    let url: String
    var headers: [(name: String, value: String)]
    let body: [UInt8]
    /// From the start to the end of the answer.
    let timeout: Duration
    /// Bytes of the answer, at most.
    let mostBytes: Int
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
