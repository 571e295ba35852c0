import LockstepCore
import LockstepState
import Logging
import MongoDriver
import Synchronization

/// Pauses and resumes listeners as `lockstep.pauses` says.
package final class PauseFollower: Sendable {
    private let store: PauseStore
    private let handlers: PerListener<Handler>
    private let reconciler: Reconciler
    private let log: Logger
    // What was written between the first read and the opening of the stream comes with no event.
    // mechanism pause-read, off: true becomes false
    private let hasNews = Atomic(true)
    /// One read at a time, so that an older one is not applied after a newer one.
    private let applying = Mutex(())

    /// How often the pauses are read where no stream reports their changes, and after a failure.
    private static let interval = Duration.seconds(1)

    init(store: PauseStore, handlers: PerListener<Handler>, reconciler: Reconciler, log: Logger) {
        self.store = store
        self.handlers = handlers
        self.reconciler = reconciler
        self.log = log
    }

    /// The stream brought a change of the stored pauses.
    func noteChange() {
        hasNews.store(true, ordering: .relaxed)
    }

    /// Applies what is stored, and logs what changed. Blocks.
    package func apply() throws {
        try applying.withLock { _ in
            let entries = try store.entries()
            for handler in handlers { apply(entries[handler.listener.id], to: handler) }
        }
    }

    private func apply(_ entry: PauseStore.Entry?, to handler: Handler) {
        let id = handler.listener.id
        let isPaused = entry?.isPaused ?? false
        guard handler.health.pause(isPaused) else { return }
        let by = entry?.by.map { " by \($0)" } ?? ""
        if isPaused {
            // mechanism pause-shed
            reconciler.setBehind(handler.index)
            log.about(id).notice(
                "\(id): paused\(by): its model is not called until it is resumed, as by `lockstep resume \(id)`"
            )
        } else {
            log.about(id).notice(
                "\(id): resumed\(by): its documents are scanned, and those that are not fresh computed")
        }
    }

    /// Applies what others store, until the session ends.
    func run(_ capture: Capture?, until ending: SessionEnding) async {
        var appliedAt = ContinuousClock.now
        while !ending.isEnding {
            let isDue =
                capture.map { $0.isOpen && hasNews.exchange(false, ordering: .relaxed) }
                ?? (.now - appliedAt > Self.interval)
            if isDue {
                appliedAt = .now
                do {
                    try apply()
                } catch {
                    // MongoDB may be away: try again in a moment.
                    noteChange()
                    try? await Task.sleep(for: Self.interval)
                }
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}
