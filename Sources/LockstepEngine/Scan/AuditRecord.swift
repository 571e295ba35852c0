import LockstepCore
import MongoDriver
import Synchronization

/// Where a watcher's periodic audit is, from session to session.
package final class AuditRecord: Sendable {
    private let state = Mutex<(round: AuditRound?, total: Int)>((nil, 0))

    /// What is saved with the position; nil before the first round.
    package var round: AuditRound? {
        state.withLock { $0.round }
    }

    /// What a checkpoint knows; what was done since is newer.
    package func remember(_ round: AuditRound?) {
        state.withLock { if $0.round == nil { $0.round = round } }
    }

    /// - Parameter body: gets the round, and how many documents there are in all.
    @discardableResult
    package func change<Result>(_ body: (inout AuditRound, Int) -> Result) -> Result {
        state.withLock { state in
            var round = state.round ?? AuditRound(began: currentMilliseconds())
            defer { state.round = round }
            return body(&round, state.total)
        }
    }

    package func counted(_ total: Int) {
        state.withLock { $0.total = total }
    }

    package func status(every: Duration) -> AuditStatus? {
        state.withLock { state in
            state.round.map { round in
                AuditStatus(
                    every: every, began: round.began, documents: round.documents,
                    total: max(state.total, round.documents), found: round.found + round.foundBefore,
                    completed: round.completed)
            }
        }
    }
}
