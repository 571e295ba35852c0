import LockstepState
import MongoDriver

/// What MongoDB refused for a rule of a collection, a validator or an index, comes back by itself.
extension Session {
    /// Between two looks at the rules of a collection that refuses outputs.
    private static let interval = Duration.seconds(5)

    /// Retries what was parked for a rule once the rules are others, or an output is stored again.
    package func watchRules() async {
        var due = ContinuousClock.now
        while !isEnding {
            for handler in handlers {
                guard let time = handler.health.writes.takeRetry() else { continue }
                do { try retryRefused(handler, from: time) } catch {
                    handler.health.writes.wantRetry(from: time)
                }
            }
            if .now >= due {
                // What cannot be read now is read later; the handlers report the outage.
                for handler in handlers where handler.health.writes.refusal != nil { try? look(handler) }
                due = .now + Self.interval
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func look(_ handler: Handler) throws {
        let writes = handler.health.writes
        guard let known = writes.rules else { return }
        if try connection.rules(of: handler.listener.collection.name).fingerprint != known {
            writes.wantRetry(from: 0)
            writes.forgetRefusals()
        } else if writes.reason == nil, try !handler.failures.hasRefused(listener: handler.listener.id) {
            writes.forgetRefusals()
        }
    }

    /// What an earlier session has parked for a rule: retried if the rule is another one now.
    package static func note(
        _ refusals: [String: FailureStore.Refused], _ handlers: [Handler], _ connection: Connection
    ) throws {
        for handler in handlers {
            guard let refused = refusals[handler.listener.id] else { continue }
            // Without the right to read them they are taken for what they were.
            let rules = try? connection.rules(of: handler.listener.collection.name).fingerprint
            if let rules, rules != refused.rules {
                try handler.failures.retryRefused(listener: handler.listener.id, from: 0)
            } else {
                handler.health.writes.note(refused)
            }
        }
    }

    private func retryRefused(_ handler: Handler, from time: Int64) throws {
        try handler.failures.retryRefused(listener: handler.listener.id, from: time)
        // Elsewhere the stream brings them.
        if capture == nil { reconciler.wantRequests(of: handler.index) }
    }
}
