import Synchronization

/// Listeners that share a model meet the same outage: of one reason the log hears from one of them.
package final class OutageTellers: Sendable {
    /// Who tells of it, by reason.
    private let tellers = Mutex<[String: String]>([:])

    /// Whether this listener is the one to tell of that reason: the first one is, until its outage has ended.
    package func tells(_ name: String, of reason: String) -> Bool {
        tellers.withLock { tellers in
            if let teller = tellers[reason] { return teller == name }
            tellers[reason] = name
            return true
        }
    }

    /// The listener's outage is over. True when it told of it.
    package func hasEnded(for name: String) -> Bool {
        tellers.withLock { tellers in
            let before = tellers.count
            tellers = tellers.filter { $0.value != name }
            return tellers.count < before
        }
    }
}
