public import CoreMetrics
import MongoBSON

/// How a watcher behaves; the defaults are good for most.
public struct WatcherOptions: Sendable {
    /// Under which name the position is saved; two watchers of one database need two. Default: the collection's
    /// name, or `lockstep` for all collections.
    public var identifier: String?
    /// Further stages for the change stream, as `{$match: …}`. They must keep `_id`, `ns`, `documentKey`,
    /// `operationType` and `updateDescription`. What they hide is found by the next scan only.
    public var pipeline: [BSONDocument]
    /// Start after this token, whatever was saved, until a position behind it is saved. Default: the saved position.
    public var resumeToken: BSONDocument?
    /// Bytes of changes that may wait; the reader stops at that. Default 32 MiB.
    public var queueBytes: Int
    /// Bytes of predictions in `lockstep.memo`, at most, of models that keep them; the oldest give way. Default 256 MiB.
    public var memoBytes: Int
    /// On a standalone server, time between two audits. Default 30 s.
    public var reconcileEvery: Duration
    /// Where there is a change stream, the time in which all documents are audited once for writes that it does not show;
    /// nil for never. Default a day.
    public var auditEvery: Duration?
    /// Time to finish what waits when the watcher is stopped; the rest is found again after a restart. Default 5 s.
    public var drainTimeout: Duration
    /// Receives the metrics, see ``Metric``. Default: the factory that the program has given to swift-metrics.
    public var metrics: any MetricsFactory

    public init(
        identifier: String? = nil, pipeline: [BSONDocument] = [], resumeToken: BSONDocument? = nil,
        queueBytes: Int = 32 << 20, memoBytes: Int = 256 << 20, reconcileEvery: Duration = .seconds(30),
        auditEvery: Duration? = .seconds(86400),
        drainTimeout: Duration = .seconds(5), metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.identifier = identifier
        self.pipeline = pipeline
        self.resumeToken = resumeToken
        self.queueBytes = queueBytes
        self.memoBytes = memoBytes
        self.reconcileEvery = reconcileEvery
        self.auditEvery = auditEvery
        self.drainTimeout = drainTimeout
        self.metrics = metrics
    }
}
