import Hummingbird
import Lockstep

extension Site {
    private static let longestWait = 60.0

    /// `GET /v1/freshness?after=…&timeout=…&listener=…`: 200 once every change up to an operation time is reflected, in the
    /// outputs of these listeners or of all; 504 when that takes too long.
    @Sendable func freshness(_ request: Request, _ context: Context) async throws -> Response {
        let query = try Query(request, takes: ["after", "timeout", "listener"], repeated: ["listener"])
        let listeners = try known(query.all("listener"))
        let timeout = try query.seconds("timeout", upTo: Self.longestWait) ?? 10
        let after = query["after"] ?? "now"
        let began = ContinuousClock.now
        let time: BSONTimestamp?
        if after == "now" {
            time = try await watcher.operationTime()
        } else if let known = OperationTime.parse(after) {
            time = known
        } else {
            throw APIError.badRequest(
                "`after` must be `now` or an operation time, not `\(after.prefix(100))`",
                hint:
                    #"write `<seconds>.<increment>`, in Python f"{t.time}.{t.inc}" of `session.operation_time`"#
            )
        }
        do {
            try await watcher.waitUntilFresh(
                after: time, listeners: listeners, timeout: .seconds(timeout))
        } catch LockstepError.timeout {
            return .json(distance(to: time, listeners), status: .gatewayTimeout)
        }
        return .json(
            Fresh(
                operationTime: time.map { "\($0)" },
                waitedSeconds: ((ContinuousClock.now - began) / .milliseconds(1)).rounded() / 1000))
    }

    /// The ids, when the daemon has all of them.
    private func known(_ ids: [String]?) throws -> [String]? {
        let known = db.listeners.map(\.id)
        for id in ids ?? [] where !known.contains(id) {
            throw APIError.notFound(
                "there is no listener `\(id.prefix(200))`",
                hint: "there is \(known.map { "`\($0)`" }.joined(separator: ", "))")
        }
        return ids
    }

    private func distance(to time: BSONTimestamp?, _ ids: [String]?) -> Distance {
        let report = observer.report
        let position = watcher.reflectedTime(ofListeners: ids)
        let behind = time.flatMap { time in position.map { Double(time.seconds) - Double($0.seconds) } }
        let concerned = ids.map(watcher.withUpstreams)
        let readiness = observer.readiness.reasons
        // A likely mistake holds nothing up.
        let mistakes = Set(watcher.status().warnings.map(\.code))
        let problems = report.problems.filter { problem in
            !readiness.contains { $0.code == problem.code } && !mistakes.contains(problem.code)
                && problem.concerns(concerned)
        }
        let reasons = readiness + problems.map { Readiness.Reason(code: $0.code, message: $0.message) }
        let waiting = report.listeners.filter { concerned?.contains($0.id) ?? true }
        return Distance(
            operationTime: time.map { "\($0)" }, position: position.map(StatusReport.Place.init),
            behindSeconds: behind.map { max(0, $0) },
            waiting: waiting.reduce(0) { $0 + $1.waiting + $1.unchecked }, reasons: reasons)
    }

    private struct Fresh: Encodable {
        let fresh = true
        @Nullable var operationTime: String?
        let waitedSeconds: Double
    }

    private struct Distance: Encodable {
        let fresh = false
        @Nullable var operationTime: String?
        @Nullable var position: StatusReport.Place?
        @Nullable var behindSeconds: Double?
        let waiting: Int
        let reasons: [Readiness.Reason]
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
