import LockstepCore
import Synchronization

/// The listeners of a database, shared with its watchers, which must not hold the database: it may own one of them.
final class ListenerRegistry: Sendable {
    private let state = Mutex<[Listener]>([])

    /// In the order in which they were added.
    var listeners: [Listener] {
        state.withLock { $0 }
    }

    /// Replaces them, unless `others` throws.
    func change(_ others: (_ present: [Listener]) throws -> [Listener]) rethrows {
        try state.withLock { $0 = try others($0) }
    }
}
