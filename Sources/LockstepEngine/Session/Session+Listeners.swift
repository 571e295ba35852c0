import LockstepState
import Synchronization

/// What a person may ask of a listener while it runs.
extension Session {
    /// Takes up what is stored of pauses, and logs what is new. Blocks.
    package func takePauses() throws {
        // One at a time, so that what was read earlier is not taken up later.
        try pausing.withLock { _ in
            let entries = try PauseStore(connection: connection).entries()
            for handler in handlers {
                let (entry, id) = (entries[handler.listener.id], handler.listener.id)
                let isPaused = entry?.isPaused ?? false
                guard handler.health.pause(isPaused) else { continue }
                let by = entry?.by.map { " by \($0)" } ?? ""
                if isPaused {
                    // mechanism pause-shed
                    reconciler.setBehind(handler.index)
                    log.about(id).notice(
                        "\(id): paused\(by): its model is not called until it is resumed, as by `lockstep resume \(id)`"
                    )
                } else {
                    log.about(id).notice(
                        "\(id): resumed\(by): its documents are scanned, and those that are not fresh computed"
                    )
                }
            }
        }
    }

    /// Takes up what others store of pauses, from when the stream is open until the session ends.
    package func followPauses() async {
        var lookedAt = ContinuousClock.now
        while !isEnding {
            let isNews =
                capture.map { $0.isOpen && pauses.takeNews() } ?? (.now - lookedAt > Self.pauseInterval)
            if isNews {
                lookedAt = .now
                do {
                    try takePauses()
                } catch {
                    // MongoDB is away, perhaps: once more in a moment.
                    pauses.tell()
                    try? await Task.sleep(for: Self.pauseInterval)
                }
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// How often it is looked where no stream brings it, and after a failure.
    private static let pauseInterval = Duration.seconds(1)

    /// Its place, by its id.
    package func index(of listener: String) -> Int? {
        handlers.firstIndex { $0.listener.id == listener }
    }

    /// Their places, by their ids, or all; nil when one is not taken up yet.
    package func places(of ids: [String]?) -> [Int]? {
        guard let ids else { return Array(handlers.indices) }
        let places = ids.compactMap { index(of: $0) }
        return places.count == ids.count ? places : nil
    }

    /// What other processes are told of its listeners, in their order.
    package var running: [RunningListener] {
        zip(handlers, signatures).map { handler, signature in
            let (state, reason) = handler.health.condition(at: .now)
            return RunningListener(signature, state: state, reason: reason)
        }
    }
}

/// Whether the stored pauses may be others than those in force.
package final class PauseNews: Sendable {
    // What was written between the first look and the opening of the stream comes with no event.
    // mechanism pause-look, off: true becomes false
    private let isThere = Atomic(true)

    package func tell() {
        isThere.store(true, ordering: .relaxed)
    }

    /// True once for each news.
    package func takeNews() -> Bool {
        isThere.exchange(false, ordering: .relaxed)
    }
}
