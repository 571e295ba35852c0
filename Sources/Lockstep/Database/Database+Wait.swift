import LockstepCore
import LockstepState
import MongoBSON
import MongoDriver

/// What `lockstep wait` asks of a daemon in another process.
extension Database {
    /// Waits until the running daemon has handled everything of these listeners that was committed before this call.
    ///
    /// - Parameter wanted: default: all that were added here.
    /// - Throws: ``LockstepError/timeout(_:)`` when the time is over, or within five seconds when no daemon runs them.
    package func waitForDaemon(
        _ wanted: [ListenerSignature]? = nil, timeout: Duration
    ) async throws {
        let wanted = wanted ?? listeners.map(\.signature)
        let deadline = ContinuousClock.now + timeout
        let store = CheckpointStore(connection: connection, identifier: "lockstep")
        guard deployment.hasChangeStreams else {
            return try await waitForAudit(wanted, store, deadline, timeout)
        }
        let leases = LeaseStore(connection: connection, identifier: "lockstep")
        let request = BSONValue.objectID()
        // What cannot be taken back is taken back by a later one.
        let takeBack = { try? await self.perform { try WaitRequests.remove(request, $0) } }
        var presence = DaemonPresence(wanted)
        do {
            let target = try await perform { connection -> BSONTimestamp? in
                // Before the request, whose position is saved at once: what is written in between is not waited for.
                let target = try connection.operationTime()
                let patience = min(20_000, max(1, Int((deadline - .now) / .milliseconds(1))))
                try WaitRequests.add(request, connection, concern: .majority(patience: patience))
                return target
            }
            while true {
                if presence.isDue(.now) {
                    presence.note(try await perform { _ in try leases.load() }, at: .now)
                }
                let saved = try await perform { _ in try store.load().checkpoint }
                if let target, let saved, wanted.allSatisfy({ saved.reflects($0, target) }) { break }
                if let obstacle = presence.lastingObstacle {
                    throw LockstepError.timeout("not fresh: \(obstacle)")
                }
                guard .now < deadline else { throw LockstepError.timeout(presence.reason(timeout)) }
                try await Task.sleep(for: .milliseconds(10))
            }
        } catch let error as MongoError where error.isAboutMajority {
            await takeBack()
            throw LockstepError.timeout("not known to be fresh after \(timeout). \(error.hint ?? "")")
        } catch {
            await takeBack()
            throw error
        }
        await takeBack()
        try await expectNoneStuck(wanted.map(\.id))
    }

    /// A standalone server has no positions: an audit that began after this call and found everything is the proof.
    private func waitForAudit(
        _ wanted: [ListenerSignature], _ store: CheckpointStore, _ deadline: ContinuousClock.Instant,
        _ timeout: Duration
    ) async throws {
        let began = currentMilliseconds()
        while true {
            let saved = try await perform { _ in try store.load().checkpoint }
            if let saved, let audited = saved.auditedFrom, audited >= began {
                let running = wanted.filter { saved.listeners[$0.id] != nil }
                if let difference = ListenerDifference(wanted, running: running) {
                    throw LockstepError.timeout(
                        "not fresh: the `lockstep run` of this database \(difference.text)")
                }
                if saved.isComplete { return try await expectNoneStuck(wanted.map(\.id)) }
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
}

/// Whether some daemon makes the wanted listeners fresh, by what the lease says while one waits.
struct DaemonPresence {
    private let wanted: [ListenerSignature]
    private var entry: LeaseStore.Entry?
    private var askedAt: ContinuousClock.Instant?
    private var obstacle: String?
    private var obstacleSince: ContinuousClock.Instant?

    /// A daemon that starts or reloads needs a moment to say what it runs.
    static let patience = Duration.seconds(4)
    private static let interval = Duration.milliseconds(250)

    init(_ wanted: [ListenerSignature]) {
        self.wanted = wanted
    }

    func isDue(_ now: ContinuousClock.Instant) -> Bool {
        askedAt.map { now - $0 >= Self.interval } ?? true
    }

    mutating func note(
        _ entry: LeaseStore.Entry?, at now: ContinuousClock.Instant, seenFrom here: LeaseHolder = .here()
    ) {
        askedAt = now
        self.entry = entry
        obstacle = Self.obstacle(entry, wanted, seenFrom: here)
        obstacleSince = obstacle == nil ? nil : obstacleSince ?? now
    }

    /// Why waiting is in vain, once that has been so for some seconds.
    var lastingObstacle: String? {
        guard let obstacle, let since = obstacleSince, let askedAt, askedAt - since >= Self.patience else {
            return nil
        }
        return obstacle
    }

    /// Why it was not fresh in time.
    func reason(_ timeout: Duration) -> String {
        if let obstacle { return "not fresh after \(timeout): \(obstacle)" }
        let known = entry?.listeners ?? []
        let asked = known.filter { listener in wanted.contains { $0.id == listener.signature.id } }
        // Those that they read may be what holds them up.
        let troubles =
            asked.compactMap(\.trouble).isEmpty ? known.compactMap(\.trouble) : asked.compactMap(\.trouble)
        guard !troubles.isEmpty else {
            return "not fresh after \(timeout): it is still at work; `lockstep status` shows more"
        }
        let more = troubles.count > 3 ? "; and \(troubles.count - 3) more" : ""
        return "not fresh after \(timeout): \(troubles.prefix(3).joined(separator: "; "))\(more)"
    }

    private static func obstacle(
        _ entry: LeaseStore.Entry?, _ wanted: [ListenerSignature], seenFrom here: LeaseHolder
    ) -> String? {
        guard let entry else { return "no `lockstep run` has been started on this database" }
        // One that is there and cannot renew its lease goes on when MongoDB lets it.
        guard entry.isAlive && !entry.holder.isDead(seenFrom: here) || entry.isThere(seenFrom: here) else {
            return "no `lockstep run` follows this database now; the last one was \(entry.holderText)"
        }
        guard entry.listeners != nil else {
            return
                "\(entry.holderText) has not said what it runs: it is of an older version, or still starting"
        }
        // mechanism other-configuration, off: entry.difference(to: wanted) becomes nil
        return entry.difference(to: wanted).map {
            "\(entry.holderText) follows this database with another configuration: it \($0.text). Run `lockstep reload` there, or restart it"
        }
    }
}

extension LeaseStore.Entry {
    /// Its process runs on this machine, and has not given the lease back.
    fileprivate func isThere(seenFrom here: LeaseHolder) -> Bool {
        guard listeners != nil, let machine = holder.machine, machine == here.machine, holder.started != nil
        else { return false }
        return !holder.isDead(seenFrom: here)
    }
}
