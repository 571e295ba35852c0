import Lockstep
import LockstepAPI

extension API.ListenerStatus {
    init(_ listener: ListenerStatus, perSecond: Double) {
        self.init(
            id: listener.id, on: listener.on, key: listener.key, model: listener.model,
            version: listener.version, output: listener.output, where: listener.filter?.json,
            state: State(listener.state), reason: listener.reason, documents: listener.documents,
            withoutInput: listener.withoutInput, fresh: listener.fresh, stale: listener.stale,
            missing: listener.missing, failed: listener.failed,
            truncated: listener.truncated, unchecked: listener.unchecked,
            waiting: listener.stale + listener.missing,
            reconcile: listener.look.map {
                API.ScanProgress($0.documents, of: $0.total, seconds: $0.seconds)
            },
            modelSeconds: listener.modelSeconds.map { API.Quantiles(p50: $0.p50, p99: $0.p99) },
            predictionsPerSecond: Format.tenths(perSecond))
    }
}

extension API.ListenerStatus.State {
    package init(_ state: ListenerStatus.State) {
        self =
            switch state {
            case .ok: .ok
            case .paused: .paused
            case .out: .out
            case .refused: .refused
            case .blocked: .blocked
            case .spent: .spent
            }
    }
}

extension API.ScanProgress {
    fileprivate init(_ documents: Int, of total: Int, seconds: Double) {
        let rate = seconds > 0 ? Double(documents) / seconds : 0
        self.init(
            documents: documents, total: total, perSecond: Format.tenths(rate),
            secondsLeft: rate > 0 ? Format.tenths(Double(total - documents) / rate) : nil)
    }
}
