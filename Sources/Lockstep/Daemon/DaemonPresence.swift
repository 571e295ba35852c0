import LockstepCore
import LockstepState

/// Whether a daemon makes the wanted listeners fresh, by its lease.
struct DaemonPresence {
    private let wanted: [ListenerSignature]
    private var entry: LeaseStore.Entry?
    private var askedAt: ContinuousClock.Instant?
    private var obstacle: String?
    private var obstacleSince: ContinuousClock.Instant?

    /// A daemon that starts or reloads needs a moment to publish its listeners.
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

    /// Why it is in vain to wait, once that has been so for some seconds.
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
        // The listeners whose outputs they read may delay them.
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
        // A daemon that is there and cannot renew its lease goes on when MongoDB lets it.
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
    /// Its process runs on this machine, and has not released the lease.
    fileprivate func isThere(seenFrom here: LeaseHolder) -> Bool {
        guard listeners != nil, let machine = holder.machine, machine == here.machine, holder.started != nil
        else { return false }
        return !holder.isDead(seenFrom: here)
    }
}
