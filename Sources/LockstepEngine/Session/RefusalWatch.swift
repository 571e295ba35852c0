import LockstepCore
import LockstepState
import MongoDriver

/// Retries documents that a rule of their collection refused, a validator or an index, once the rule is another one or
/// an output is stored again.
struct RefusalWatch {
    let connection: Connection
    let handlers: PerListener<Handler>
    let reconciler: Reconciler
    /// The change stream brings what is marked to be retried.
    let hasStream: Bool

    /// Between two reads of the rules of a collection that refuses outputs.
    private static let interval = Duration.seconds(5)

    /// Watches until the session ends.
    func run(until ending: SessionEnding) async {
        var due = ContinuousClock.now
        while !ending.isEnding {
            for handler in handlers {
                guard let time = handler.health.writes.takeRetry() else { continue }
                do { try retry(handler, from: time) } catch { handler.health.writes.wantRetry(from: time) }
            }
            if .now >= due {
                // What cannot be read now is read later; the handlers report the outage.
                for handler in handlers where handler.health.writes.refusal != nil { try? check(handler) }
                due = .now + Self.interval
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func check(_ handler: Handler) throws {
        let writes = handler.health.writes
        guard let known = writes.rules else { return }
        if try connection.rules(of: handler.listener.collection.name).fingerprint != known {
            writes.wantRetry(from: 0)
            writes.forgetRefusals()
        } else if writes.reason == nil, try !handler.failures.hasRefused(listener: handler.listener.id) {
            writes.forgetRefusals()
        }
    }

    private func retry(_ handler: Handler, from time: Int64) throws {
        try handler.failures.retryRefused(listener: handler.listener.id, from: time)
        if !hasStream { reconciler.wantRequests(of: handler.index) }
    }
}
