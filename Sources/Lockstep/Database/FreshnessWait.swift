import LockstepCore
import LockstepEngine
import MongoBSON

/// Waits until a watcher of this process has reflected every change up to a time in the outputs of listeners.
struct FreshnessWait {
    let pipeline: Pipeline
    let proofs: Proofs

    /// - Parameters:
    ///   - time: nil on a standalone server: everything that was noted by this process.
    ///   - ids: nil for all.
    func run(after time: BSONTimestamp?, listeners ids: [String]?, timeout: Duration) async throws {
        let deadline = ContinuousClock.now + timeout
        // An idle stream reports its position every few seconds; a write to the database wakes it at once.
        let wakesAt = ContinuousClock.now + .milliseconds(ChangeStream.patience)
        var hasWoken = false
        while true {
            let known = Set(pipeline.context.listeners().map(\.id))
            if let unknown = ids?.first(where: { !known.contains($0) }) {
                throw LockstepError.noListener(unknown)
            }
            let (hasEnded, failure) = pipeline.ending
            if let failure { throw failure }
            guard !hasEnded, pipeline.session != nil || pipeline.context.lease.isStandingBy else {
                throw LockstepError.notWatching
            }
            if let session = pipeline.session, let refs = session.refs(of: ids),
                session.freshness.isFresh(time, refs), try await proofs.prove(session)
            {
                return
            }
            guard .now < deadline else { throw LockstepError.timeout(reason(ids, timeout)) }
            if .now >= wakesAt, !hasWoken, let session = pipeline.session {
                hasWoken = true
                // A stream that cannot be woken reports its error itself.
                try? await pipeline.context.threads.run { try session.freshness.wakeStream() }
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Why these listeners were not fresh in time.
    private func reason(_ ids: [String]?, _ timeout: Duration) -> String {
        if let standby = pipeline.context.lease.standby {
            return
                "not known to be fresh after \(timeout): \(standby.holder) follows the changes, and this process is standby"
        }
        guard let session = pipeline.session, let refs = session.refs(of: ids) else {
            return "not known to be fresh after \(timeout): the watcher takes up other listeners"
        }
        let running = session.running
        let troubles = session.reconciler.order.withUpstreams(of: refs).sorted().compactMap {
            running[$0].trouble
        }
        let waiting = refs.reduce(0) { $0 + session.queue.loads[$1].documents }
        let text = "not everything was fresh after \(timeout): \(waiting) documents are pending"
        return ([text] + troubles.prefix(3)).joined(separator: "; ")
    }
}
