import LockstepCore
import LockstepState
import MongoBSON
import MongoDriver

/// Waits for a daemon of another process to make listeners fresh: `lockstep wait`.
struct DaemonWait {
    let access: DatabaseAccess
    let hasChangeStreams: Bool
    let wanted: [ListenerSignature]
    let timeout: Duration
    let deadline: ContinuousClock.Instant

    private let checkpoints: CheckpointStore

    init(
        _ access: DatabaseAccess, hasChangeStreams: Bool, wanted: [ListenerSignature], timeout: Duration
    ) {
        self.access = access
        self.hasChangeStreams = hasChangeStreams
        self.wanted = wanted
        self.timeout = timeout
        deadline = .now + timeout
        checkpoints = CheckpointStore(connection: access.connection, identifier: "lockstep")
    }

    /// - Throws: ``LockstepError/timeout(_:)`` when the time is over, or within five seconds when no daemon runs the
    ///   listeners.
    func run() async throws {
        if hasChangeStreams { try await waitForPosition() } else { try await waitForAudit() }
        try await expectNoneStuck()
    }

    /// Writes a request, and waits until the daemon has saved a position behind it.
    private func waitForPosition() async throws {
        let request = BSONValue.objectID()
        do {
            // The time before the request, whose position is saved at once: later writes are not waited for.
            let target = try await access.perform { try $0.operationTime() }
            let patience = min(20_000, max(1, Int((deadline - .now) / .milliseconds(1))))
            try await access.perform { connection in
                try WaitStore(connection: connection).add(request, concern: .majority(patience: patience))
            }
            try await waitForPosition(behind: target)
        } catch let error as MongoError where error.isAboutMajority {
            await remove(request)
            throw LockstepError.timeout("not known to be fresh after \(timeout). \(error.hint ?? "")")
        } catch {
            await remove(request)
            throw error
        }
        await remove(request)
    }

    private func waitForPosition(behind target: BSONTimestamp?) async throws {
        let leases = LeaseStore(connection: access.connection, identifier: "lockstep")
        var presence = DaemonPresence(wanted)
        while true {
            if presence.isDue(.now) {
                presence.note(try await access.perform { _ in try leases.load() }, at: .now)
            }
            let saved = try await access.perform { [checkpoints] _ in try checkpoints.load().checkpoint }
            if let target, let saved, wanted.allSatisfy({ saved.reflects($0, target) }) { return }
            if let obstacle = presence.lastingObstacle {
                throw LockstepError.timeout("not fresh: \(obstacle)")
            }
            guard .now < deadline else { throw LockstepError.timeout(presence.reason(timeout)) }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// A request that stays behind is removed with a later one.
    private func remove(_ request: BSONValue) async {
        try? await access.perform { try WaitStore(connection: $0).remove(request) }
    }

    /// A standalone server has no positions: the proof is an audit that began after this call and found everything fresh.
    private func waitForAudit() async throws {
        let began = currentMilliseconds()
        while true {
            let saved = try await access.perform { [checkpoints] _ in try checkpoints.load().checkpoint }
            if let saved, let audited = saved.auditedFrom, audited >= began {
                let running = wanted.filter { saved.listeners[$0.id] != nil }
                if let difference = ListenerDifference(wanted, running: running) {
                    throw LockstepError.timeout(
                        "not fresh: the `lockstep run` of this database \(difference.text)")
                }
                if saved.isComplete { return }
            }
            guard .now < deadline else {
                throw LockstepError.timeout(
                    saved == nil
                        ? "not fresh after \(timeout): no `lockstep run` has been started on this database"
                        : "not fresh after \(timeout): no audit has found everything fresh since. Is `lockstep run` running?"
                )
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// - Throws: ``LockstepError/timeout(_:)`` when MongoDB neither replaces nor removes stale outputs of the listeners.
    private func expectNoneStuck() async throws {
        let refusals = try await access.perform { connection in
            let failures = FailureStore(connection: connection)
            return try failures.counts().parked.isEmpty ? [:] : failures.refusals()
        }
        for id in wanted.map(\.id).sorted() {
            guard let refused = refusals[id], refused.stuck > 0 else { continue }
            let outputs = refused.stuck == 1 ? "1 output is" : "\(refused.stuck) outputs are"
            throw LockstepError.timeout(
                "not fresh: \(outputs) stale for `\(id)` and can be neither replaced nor removed. \(refused.reason); they are retried then"
            )
        }
    }
}
