import Lockstep
import LockstepAPI
import LockstepServer

extension API.StatusReport {
    init(_ reports: [ListenerReport], _ daemon: DaemonView, _ warnings: [ListenerWarning]) {
        self.init(
            listeners: reports.map { API.ListenerReport($0) }, ok: reports.allSatisfy(\.isFresh),
            position: daemon.position.map { ExtendedJSON(BSONValue(timestamp: $0.clusterTime)) },
            lagSeconds: daemon.lag, lease: daemon.lease.map { API.Lease($0) },
            audit: daemon.checkpoint?.audit.map { API.AuditRound($0) },
            warnings: warnings.map { API.Warning($0) })
    }
}

extension API.Lease {
    fileprivate init(_ lease: LeaseStore.Entry) {
        let listeners = lease.listeners?.map { listener in
            API.RunningListener(
                listener: listener.signature.id, state: API.ListenerStatus.State(listener.state),
                reason: listener.reason)
        }
        self.init(
            host: lease.holder.host, pid: lease.holder.pid,
            since: ExtendedJSON(millisecondsSince1970: lease.since),
            alive: lease.isAlive, listeners: listeners)
    }
}

extension API.AuditRound {
    fileprivate init(_ round: AuditRound) {
        self.init(
            startedAt: ExtendedJSON(millisecondsSince1970: round.began), documents: round.documents,
            found: round.found + round.foundBefore,
            completedAt: round.completed.map { ExtendedJSON(millisecondsSince1970: $0) })
    }
}

extension API.Warning {
    init(_ warning: ListenerWarning) {
        self.init(
            code: warning.code, listener: warning.listener, message: warning.message, hint: warning.hint)
    }
}
