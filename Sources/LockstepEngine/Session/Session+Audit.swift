import Logging
import MongoBSON

extension Session {
    /// Looks time and again at all documents for what the stream does not show; until the session ends.
    package func audit() async {
        // mechanism audit, off: return
        guard capture != nil, let every = options.auditEvery else { return }
        let audit = PeriodicAudit(self, every: every, record: statistics.audit, log: log)
        var hasFailed = false
        while !isEnding {
            do {
                return try await audit.run { self.isEnding }
            } catch {
                // An outage is reported by the handlers. The page is read again, and the stream goes on meanwhile.
                if (error as? MongoError)?.isTransient != true, !hasFailed {
                    hasFailed = true
                    log.warning("audit: a page could not be read (\(error)); it is tried again")
                }
                let due = ContinuousClock.now + .seconds(hasFailed ? 60 : 2)
                while !isEnding, .now < due { try? await Task.sleep(for: .milliseconds(200)) }
            }
        }
    }
}
