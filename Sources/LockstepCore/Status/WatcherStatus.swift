import MongoBSON

/// What a watcher knows of itself at a moment; costs no query.
public struct WatcherStatus: Sendable {
    public enum State: String, Sendable {
        /// It has not met the server yet.
        case starting
        /// Another process watches, and this one waits for its end.
        case standingBy
        /// It follows changes, and scans documents that were there before.
        case backfilling
        /// It follows changes, and everything else is done.
        case following
        /// The server does not answer; it is asked again until it does.
        case disconnected
        /// It was stopped, or it failed.
        case ended
    }

    public var state: State
    /// Why it is disconnected, or what it ended with.
    public var fault: String?
    /// While it is standby: the process that works, as `db1 (process 4711)`.
    public var holder: String?
    /// What that process does not run and this one would, as `does not run …`; nil when there is no difference.
    public var difference: String?
    /// The place up to which everything is reflected, and saved.
    public var position: Position?
    /// Seconds since the oldest change was made that is not reflected yet; nil while that is not known.
    public var lag: Double?
    /// How long the last positions could not be saved, in seconds; nil when they are.
    public var savingFailsFor: Double?
    /// No majority of the replica set acknowledges writes, so that nothing can be saved.
    public var lacksMajority = false
    /// Seconds that the position is ahead of the oplog's end, and that the oplog reaches back; nil when the user may not
    /// read the oplog.
    public var headroom: (seconds: Int, window: Int)?
    /// Documents that wait or are being handled, once a listener; their bytes; and how many there may be.
    public var queue: (documents: Int, bytes: Int, limit: Int)
    public var info: WatcherInfo
    public var listeners: [ListenerStatus]
    /// The audit that goes through all documents time and again; nil where there is none.
    public var audit: AuditStatus?
    /// Likely mistakes in the listeners, as a key that no document has. Looked for while somebody asks.
    public var warnings: [ListenerWarning] = []
    /// What the models that cost something by the call have cost, in the order of the listeners.
    public var models: [ModelStatus] = []

    package init(
        state: State, fault: String? = nil, holder: String? = nil, difference: String? = nil,
        position: Position? = nil, lag: Double? = nil, savingFailsFor: Double? = nil,
        lacksMajority: Bool = false, headroom: (seconds: Int, window: Int)? = nil,
        queue: (documents: Int, bytes: Int, limit: Int), info: WatcherInfo, listeners: [ListenerStatus],
        audit: AuditStatus? = nil, warnings: [ListenerWarning] = [], models: [ModelStatus] = []
    ) {
        self.state = state
        self.fault = fault
        self.holder = holder
        self.difference = difference
        self.position = position
        self.lag = lag
        self.savingFailsFor = savingFailsFor
        self.lacksMajority = lacksMajority
        self.headroom = headroom
        self.queue = queue
        self.info = info
        self.listeners = listeners
        self.audit = audit
        self.warnings = warnings
        self.models = models
    }
}

/// How far the audit of all documents is.
public struct AuditStatus: Sendable, Hashable {
    /// The time of one round.
    public var every: Duration
    /// When the present round began, in milliseconds since 1970.
    public var began: Int64
    /// Documents read in this round, and how many there are.
    public var documents: Int
    public var total: Int
    /// Documents that were not fresh and had no change event, since the first round; they are computed.
    public var found: Int
    /// When the last round ended, in milliseconds since 1970.
    public var completed: Int64?

    package init(
        every: Duration, began: Int64, documents: Int, total: Int, found: Int, completed: Int64? = nil
    ) {
        self.every = every
        self.began = began
        self.documents = documents
        self.total = total
        self.found = found
        self.completed = completed
    }
}

/// What a watcher knows of one listener.
public struct ListenerStatus: Sendable {
    public enum State: String, Sendable, CaseIterable {
        case ok
        /// A person has paused it.
        case paused
        /// Its model does not work.
        case out
        /// Something that is no collection has taken its collection's place.
        case blocked
        /// MongoDB does not take its outputs: a rule of the collection refuses them, or the server all writes.
        case refused
        /// The budget of its model is spent: it waits until the next period, or until the budget is raised.
        case spent
    }

    public var id: String
    public var on: String
    public var key: String
    public var model: String
    public var version: String
    /// The path of the predictions.
    public var output: String
    /// Its MQL filter; nil for every document.
    public var filter: BSONDocument?
    public var state: State
    /// Why its model is unavailable, what is in the way, or why its outputs are refused.
    public var reason: String?
    /// Since when the model is unavailable, or its outputs are refused, in milliseconds since 1970.
    public var outSince: Int64?
    /// Documents with an input, by MongoDB's own count of the collection less ``withoutInput``; the sum of the five
    /// below.
    public var documents: Int
    /// Those whose keys are all missing, null or, for a text model, blank, or that the listener's filter does not match: counted by each scan, and
    /// taken to be the same share of the documents until the next one.
    public var withoutInput = 0
    public var fresh: Int
    /// They wait, or are being handled, with an output of an older input or version.
    public var stale: Int
    /// They wait, or are being handled, without an output.
    public var missing: Int
    /// Set aside, because the model refuses their input.
    public var failed: Int
    /// Outputs of texts that were cut, since the model takes no longer ones: as counted last, and what was stored since.
    public var truncated: Int
    /// Not scanned yet.
    public var unchecked: Int
    /// How far a scan is: documents, of how many, and since when in seconds.
    public var look: (documents: Int, total: Int, seconds: Double)?
    /// Seconds that half of the model's calls of the last minutes, and all but one in a hundred, stay below.
    public var modelSeconds: (p50: Double, p99: Double)?
    /// Outputs stored or removed since the watcher was made.
    public var outputs: Int

    package init(
        id: String, on: String, key: String, model: String, version: String, output: String,
        filter: BSONDocument? = nil, state: State, reason: String? = nil, outSince: Int64? = nil,
        documents: Int, withoutInput: Int = 0, fresh: Int, stale: Int, missing: Int, failed: Int,
        truncated: Int = 0, unchecked: Int, look: (documents: Int, total: Int, seconds: Double)? = nil,
        modelSeconds: (p50: Double, p99: Double)? = nil, outputs: Int
    ) {
        self.id = id
        self.on = on
        self.key = key
        self.model = model
        self.version = version
        self.output = output
        self.filter = filter
        self.state = state
        self.reason = reason
        self.outSince = outSince
        self.documents = documents
        self.withoutInput = withoutInput
        self.fresh = fresh
        self.stale = stale
        self.missing = missing
        self.failed = failed
        self.truncated = truncated
        self.unchecked = unchecked
        self.look = look
        self.modelSeconds = modelSeconds
        self.outputs = outputs
    }
}
