import Hummingbird
import Lockstep
import LockstepAPI

extension Endpoints {
    private static let longestWait = 60.0

    /// `GET /v1/freshness?after=…&timeout=…&listener=…`: 200 once every change up to an operation time is reflected, in the
    /// outputs of these listeners or of all; 504 when that takes too long.
    @Sendable func freshness(_ request: Request, _ context: Context) async throws -> Response {
        let query = try Query(request, of: .freshness)
        let scope = try FreshnessScope(databases, listeners: query.all("listener"))
        let timeout = try query.seconds("timeout", upTo: Self.longestWait) ?? 10
        let began = ContinuousClock.now
        let time = try await operationTime(query["after"] ?? "now")
        let deadline = ContinuousClock.now + .seconds(timeout)
        do {
            try await scope.wait(until: time, deadline: deadline)
        } catch LockstepError.timeout {
            return try .json(
                scope.distance(
                    to: time, readiness: observer.readiness.reasons, maxLag: options.maxLag),
                status: .gatewayTimeout)
        }
        return try .json(
            API.Fresh(
                fresh: true, operationTime: time.map { "\($0)" },
                waitedSeconds: ((ContinuousClock.now - began) / .milliseconds(1)).rounded() / 1000))
    }

    private func operationTime(_ after: String) async throws -> BSONTimestamp? {
        if after == "now" { return try await database(running: nil).watcher.operationTime() }
        if let known = OperationTime.parse(after) { return known }
        throw APIError.badRequest(
            "`after` must be `now` or an operation time, not `\(after.prefix(100))`",
            hint:
                #"write `<seconds>.<increment>`, in Python f"{t.time}.{t.inc}" of `session.operation_time`"#
        )
    }
}

/// An operation time as clients write it.
enum OperationTime {
    /// `<seconds>.<increment>`, or `{"$timestamp": {"t": …, "i": …}}`.
    static func parse(_ text: String) -> BSONTimestamp? {
        if text.hasPrefix("{") {
            guard text.utf8.count < 200, let document = try? BSONDocument(json: #"{"time": \#(text)}"#) else {
                return nil
            }
            return document["time"]?.timestamp
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let seconds = UInt32(parts[0]), let increment = UInt32(parts[1]) else {
            return nil
        }
        return BSONTimestamp(seconds: seconds, increment: increment)
    }
}
