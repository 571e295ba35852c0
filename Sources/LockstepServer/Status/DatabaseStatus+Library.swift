import Lockstep
import LockstepAPI

extension API.DatabaseStatus {
    init(_ name: String, _ status: WatcherStatus, rates: Rates, maxLag: Duration, isStandalone: Bool) {
        self.init(
            name: name, state: State(status.state),
            ready: API.Readiness(status, maxLag: maxLag, isStandalone: isStandalone).isReady,
            problems: API.Problem.all(of: status, maxLag: maxLag),
            position: status.position.map { API.Position($0.clusterTime) },
            lagSeconds: status.lag.map { ($0 * 1000).rounded() / 1000 },
            headroom: status.headroom.map { API.Headroom(seconds: $0.seconds, windowSeconds: $0.window) },
            queue: API.Queue(
                documents: status.queue.documents, bytes: status.queue.bytes, limitBytes: status.queue.limit),
            counts: API.Counts(status.info),
            listeners: status.listeners.map { API.ListenerStatus($0, perSecond: rates[$0.id]) },
            models: status.models.map { API.ModelCosts($0) },
            audit: status.audit.map { API.AuditStatus($0) })
    }
}

extension API.DatabaseStatus.State {
    init(_ state: WatcherStatus.State) {
        self =
            switch state {
            case .starting: .starting
            case .standingBy: .standingBy
            case .backfilling: .backfilling
            case .following: .following
            case .disconnected: .disconnected
            case .ended: .ended
            }
    }
}

extension API.Position {
    init(_ time: BSONTimestamp) {
        self.init(operationTime: "\(time)", time: Format.date(Int64(time.seconds) * 1000))
    }
}

extension API.AuditStatus {
    init(_ audit: AuditStatus) {
        self.init(
            everySeconds: Int(audit.every.components.seconds), startedAt: Format.date(audit.began),
            documents: audit.documents, total: audit.total, found: audit.found,
            completedAt: audit.completed.map(Format.date))
    }
}

extension API.Counts {
    init(_ info: WatcherInfo) {
        self.init(
            inserts: info.inserts, updates: info.updates, replaces: info.replaces, deletes: info.deletes,
            modelCalls: info.modelCalls, modelInputs: info.modelInputs, outputs: info.outputs,
            removed: info.removed, superseded: info.superseded, alreadyFresh: info.alreadyFresh,
            parked: info.parked, retries: info.retries, positionsSaved: info.positionsSaved,
            waiting: info.waiting, waitingBytes: info.waitingBytes)
    }
}
