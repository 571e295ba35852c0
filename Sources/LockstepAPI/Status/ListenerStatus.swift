extension API {
    /// One listener.
    package struct ListenerStatus: Codable, Sendable, Equatable {
        package var id: String
        package var on: String
        package var key: String
        package var model: String
        package var version: String
        package var output: String
        /// Its filter as Extended JSON.
        @Nullable package var `where`: String?
        package var state: State
        @Nullable package var reason: String?
        package var documents: Int
        package var withoutInput: Int
        package var fresh: Int
        package var stale: Int
        package var missing: Int
        package var failed: Int
        package var truncated: Int
        package var unchecked: Int
        package var waiting: Int
        @Nullable package var reconcile: ScanProgress?
        @Nullable package var modelSeconds: Quantiles?
        package var predictionsPerSecond: Double

        package enum State: String, Codable, Sendable, CaseIterable {
            case ok, paused, out, refused, blocked, spent
        }

        package init(
            id: String, on: String, key: String, model: String, version: String, output: String,
            `where`: String?, state: State, reason: String?, documents: Int, withoutInput: Int,
            fresh: Int, stale: Int, missing: Int, failed: Int, truncated: Int, unchecked: Int, waiting: Int,
            reconcile: ScanProgress?, modelSeconds: Quantiles?, predictionsPerSecond: Double
        ) {
            self.id = id
            self.on = on
            self.key = key
            self.model = model
            self.version = version
            self.output = output
            self.`where` = `where`
            self.state = state
            self.reason = reason
            self.documents = documents
            self.withoutInput = withoutInput
            self.fresh = fresh
            self.stale = stale
            self.missing = missing
            self.failed = failed
            self.truncated = truncated
            self.unchecked = unchecked
            self.waiting = waiting
            self.reconcile = reconcile
            self.modelSeconds = modelSeconds
            self.predictionsPerSecond = predictionsPerSecond
        }
    }

    /// How far a scan is.
    package struct ScanProgress: Codable, Sendable, Equatable {
        package var documents: Int
        package var total: Int
        package var perSecond: Double
        @Nullable package var secondsLeft: Double?

        package init(
            documents: Int, total: Int, perSecond: Double, secondsLeft: Double?
        ) {
            self.documents = documents
            self.total = total
            self.perSecond = perSecond
            self.secondsLeft = secondsLeft
        }
    }

    /// Seconds of a model's calls.
    package struct Quantiles: Codable, Sendable, Equatable {
        package var p50: Double
        package var p99: Double

        package init(
            p50: Double, p99: Double
        ) {
            self.p50 = p50
            self.p99 = p99
        }
    }
}
