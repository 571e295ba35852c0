import LockstepCore
import Synchronization

/// Why a session ends, shared by its tasks: the first reason counts.
package final class SessionEnding: Sendable {
    package enum Reason: Sendable {
        case stopped
        /// The listeners changed: what is in hand is finished, the position saved, and the next session begins.
        case reconfigured
        /// What the session holds in memory cannot be trusted: the next one begins at the saved position.
        case rewind(String)
        case historyLost(String)
        case failed(any Error)
    }

    private let state = Mutex<Reason?>(nil)

    package init() {}

    package var reason: Reason? {
        state.withLock { $0 }
    }

    package var isEnding: Bool {
        state.withLock { $0 != nil }
    }

    /// The work in hand is finished and the position saved before the session ends.
    package var isOrderly: Bool {
        switch reason {
        case .stopped, .reconfigured: true
        default: false
        }
    }

    package func end(_ reason: Reason) {
        state.withLock { if $0 == nil { $0 = reason } }
    }
}

extension SessionEnding.Reason {
    init(_ end: Capture.End) {
        switch end {
        case .stopped: self = .stopped
        case .historyLost(let why): self = .historyLost(why)
        case .rewind(let why): self = .rewind(why)
        case .failed(let error): self = .failed(error)
        }
    }
}
