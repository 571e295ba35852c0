import Hummingbird
import Lockstep
import LockstepAPI

extension Endpoints {
    private static let longestWait = 60.0

    /// `GET /v1/freshness?after=…&timeout=…&listener=…`: 200 once every change up to an operation time is reflected, in the
    /// outputs of these listeners or of all; 504 when that takes too long.
    @Sendable func freshness(_ request: Request, _ context: Context) async throws -> Response {
        let query = try Query(request, of: .freshness)
        let parts = try parts(listeners: query.all("listener"))
        let timeout = try query.seconds("timeout", upTo: Self.longestWait) ?? 10
        let began = ContinuousClock.now
        let time = try await operationTime(query["after"] ?? "now")
        let deadline = ContinuousClock.now + .seconds(timeout)
        do {
            for part in parts {
                try await part.database.watcher.waitUntilFresh(
                    after: time, listeners: part.listeners, timeout: deadline - .now)
            }
        } catch LockstepError.timeout {
            return try .json(distance(to: time, parts), status: .gatewayTimeout)
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

    /// The part of a request that concerns one database.
    private struct Part {
        let database: WatchedDatabase
        /// Their ids; nil for all.
        let listeners: [String]?
    }

    /// - Throws: when no database has one of the listeners.
    private func parts(listeners ids: [String]?) throws -> [Part] {
        guard let ids else { return databases.map { Part(database: $0, listeners: nil) } }
        let known = databases.flatMap { $0.db.listeners.map(\.id) }
        for id in ids where !known.contains(id) {
            throw APIError.notFound(
                "there is no listener `\(id.prefix(200))`",
                hint: "there is \(known.map { "`\($0)`" }.joined(separator: ", "))")
        }
        return databases.compactMap { database in
            let own = ids.filter(database.has)
            return own.isEmpty ? nil : Part(database: database, listeners: own)
        }
    }
}

// MARK: The answer when it takes too long

extension Endpoints {
    private func distance(to time: BSONTimestamp?, _ parts: [Part]) -> API.NotFresh {
        let positions = parts.map { $0.database.watcher.reflectedTime(ofListeners: $0.listeners) }
        // The earliest, once each is known.
        let position = positions.contains(nil) ? nil : positions.compactMap(\.self).min()
        let behind = time.flatMap { time in position.map { Double(time.seconds) - Double($0.seconds) } }
        let readiness = observer.readiness.reasons
        let states = parts.map { state(of: $0, besides: readiness) }
        return API.NotFresh(
            fresh: false, operationTime: time.map { "\($0)" }, position: position.map { API.Position($0) },
            behindSeconds: behind.map { max(0, $0) }, waiting: states.reduce(0) { $0 + $1.waiting },
            reasons: readiness + states.flatMap(\.reasons))
    }

    private func state(
        of part: Part, besides readiness: [API.Reason]
    ) -> (waiting: Int, reasons: [API.Reason]) {
        let watcher = part.database.watcher
        let status = part.database.status(maxLag: options.maxLag)
        let concerned = part.listeners.map(watcher.withUpstreams)
        // A likely mistake does not delay anything.
        let mistakes = Set(watcher.status().warnings.map(\.code))
        let problems = status.problems.filter { problem in
            !readiness.contains { $0.code == problem.code } && !mistakes.contains(problem.code)
                && problem.concerns(concerned)
        }
        let listeners = status.listeners.filter { concerned?.contains($0.id) ?? true }
        return (
            listeners.reduce(0) { $0 + $1.waiting + $1.unchecked },
            problems.map { API.Reason(code: $0.code, message: $0.message) }
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
