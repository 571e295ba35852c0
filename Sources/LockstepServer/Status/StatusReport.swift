import Lockstep

/// What `/v1/status` answers.
struct StatusReport: Encodable, Sendable {
    var version: String
    var database: String
    var uri: String
    var host: String
    var pid: Int32
    var at: String
    var startedAt: String
    var state: String
    var ready: Bool
    var problems: [Problem]
    @Nullable var position: Place?
    @Nullable var lagSeconds: Double?
    @Nullable var headroom: Headroom?
    var queue: Queue
    var counts: WatcherInfo
    var memoryBytes: Int
    var listeners: [Entry]
    @Nullable var audit: Audit?
    var canChange: Bool

    struct Place: Encodable, Sendable {
        let operationTime: String
        let time: String
    }

    struct Headroom: Encodable, Sendable {
        let seconds: Int
        let windowSeconds: Int
    }

    struct Queue: Encodable, Sendable {
        let documents: Int
        let bytes: Int
        let limitBytes: Int
    }

    struct Entry: Encodable, Sendable {
        var id: String
        var on: String
        var key: String
        var model: String
        var version: String
        var output: String
        /// Its filter as Extended JSON.
        @Nullable var `where`: String?
        var state: String
        @Nullable var reason: String?
        var documents: Int
        var withoutInput: Int
        var fresh: Int
        var stale: Int
        var missing: Int
        var failed: Int
        var unchecked: Int
        var waiting: Int
        @Nullable var reconcile: Look?
        @Nullable var modelSeconds: Quantiles?
        var predictionsPerSecond: Double
    }

    struct Look: Encodable, Sendable {
        var documents: Int
        var total: Int
        var perSecond: Double
        @Nullable var secondsLeft: Double?
    }

    struct Audit: Encodable, Sendable {
        let everySeconds: Int
        let startedAt: String
        let documents: Int
        let total: Int
        let found: Int
        @Nullable var completedAt: String?
    }

    struct Quantiles: Encodable, Sendable {
        let p50: Double
        let p99: Double
    }
}

extension StatusReport.Place {
    init(_ time: BSONTimestamp) {
        operationTime = "\(time)"
        self.time = Words.date(Int64(time.seconds) * 1000)
    }
}

extension StatusReport.Audit {
    init(_ audit: AuditStatus) {
        everySeconds = Int(audit.every.components.seconds)
        startedAt = Words.date(audit.began)
        documents = audit.documents
        total = audit.total
        found = audit.found
        completedAt = audit.completed.map(Words.date)
    }
}

extension StatusReport.Entry {
    init(_ listener: ListenerStatus, perSecond: Double) {
        id = listener.id
        on = listener.on
        key = listener.key
        model = listener.model
        version = listener.version
        output = listener.output
        `where` = listener.filter?.json
        state = listener.state.rawValue
        reason = listener.reason
        documents = listener.documents
        withoutInput = listener.withoutInput
        fresh = listener.fresh
        stale = listener.stale
        missing = listener.missing
        failed = listener.failed
        unchecked = listener.unchecked
        waiting = listener.stale + listener.missing
        reconcile = listener.look.map { look in
            let rate = look.seconds > 0 ? Double(look.documents) / look.seconds : 0
            return StatusReport.Look(
                documents: look.documents, total: look.total, perSecond: (rate * 10).rounded() / 10,
                secondsLeft: rate > 0 ? (Double(look.total - look.documents) / rate * 10).rounded() / 10 : nil
            )
        }
        modelSeconds = listener.modelSeconds.map { StatusReport.Quantiles(p50: $0.p50, p99: $0.p99) }
        predictionsPerSecond = (perSecond * 10).rounded() / 10
    }
}
