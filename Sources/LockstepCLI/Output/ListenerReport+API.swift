import Lockstep
import LockstepAPI

extension API.ListenerReport {
    /// - Parameter recomputed: what the model gives now, where it was asked.
    init(_ report: ListenerReport, recomputed: RecomputationReport? = nil) {
        self.init(
            on: report.on, key: report.key, model: report.model, documents: report.documents,
            withoutInput: report.withoutInput, fresh: report.fresh, stale: report.stale,
            missing: report.missing, extra: report.extra, failed: report.failed,
            truncated: report.truncated, id: report.id, output: report.output, refusal: report.refusal,
            recomputed: recomputed.map { ExtendedJSON(BSONValue($0.document)) })
    }
}
