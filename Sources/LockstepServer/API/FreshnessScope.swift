import Lockstep
import LockstepAPI

/// What a question about freshness concerns: some listeners, or all, of the watched databases.
struct FreshnessScope {
    private struct Part {
        let database: WatchedDatabase
        /// Their ids; nil for all.
        let listeners: [String]?
    }

    private let parts: [Part]

    /// - Parameter ids: nil for all.
    /// - Throws: when no database has one of the listeners.
    init(_ databases: [WatchedDatabase], listeners ids: [String]?) throws(APIError) {
        guard let ids else {
            parts = databases.map { Part(database: $0, listeners: nil) }
            return
        }
        let known = databases.flatMap { $0.db.listeners.map(\.id) }
        for id in ids where !known.contains(id) {
            throw .notFound(
                "there is no listener `\(id.prefix(200))`",
                hint: "there is \(known.map { "`\($0)`" }.joined(separator: ", "))")
        }
        parts = databases.compactMap { database in
            let own = ids.filter(database.has)
            return own.isEmpty ? nil : Part(database: database, listeners: own)
        }
    }

    /// Waits until every change up to a time is reflected.
    func wait(until time: BSONTimestamp?, deadline: ContinuousClock.Instant) async throws {
        for part in parts {
            try await part.database.watcher.waitUntilFresh(
                after: time, listeners: part.listeners, timeout: deadline - .now)
        }
    }

    /// How far it is from there, and why.
    func distance(to time: BSONTimestamp?, readiness: [API.Reason], maxLag: Duration) -> API.NotFresh {
        let positions = parts.map { $0.database.watcher.reflectedTime(ofListeners: $0.listeners) }
        // The earliest, once each is known.
        let position = positions.contains(nil) ? nil : positions.compactMap(\.self).min()
        let behind = time.flatMap { time in position.map { Double(time.seconds) - Double($0.seconds) } }
        let states = parts.map { state(of: $0, besides: readiness, maxLag) }
        return API.NotFresh(
            fresh: false, operationTime: time.map { "\($0)" }, position: position.map { API.Position($0) },
            behindSeconds: behind.map { max(0, $0) }, waiting: states.reduce(0) { $0 + $1.waiting },
            reasons: readiness + states.flatMap(\.reasons))
    }

    private func state(
        of part: Part, besides readiness: [API.Reason], _ maxLag: Duration
    ) -> (waiting: Int, reasons: [API.Reason]) {
        let watcher = part.database.watcher
        let status = part.database.status(maxLag: maxLag)
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
