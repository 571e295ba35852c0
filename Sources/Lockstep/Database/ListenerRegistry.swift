import LockstepCore
import Synchronization

/// The listeners of a database, shared with its watchers: these must not hold the database itself, which may own one.
final class ListenerRegistry: Sendable {
    private let state = Mutex<[Listener]>([])

    /// In the order in which they were added.
    var listeners: [Listener] {
        state.withLock { $0 }
    }

    /// Puts others in their place, if they pass the check.
    func change(_ others: (_ present: [Listener]) throws -> [Listener]) rethrows {
        try state.withLock { $0 = try others($0) }
    }
}
