extension API {
    /// `verify --json`.
    package struct VerifyReport: Codable, Sendable, Equatable {
        package var listeners: [ListenerReport]
        package var ok: Bool

        package init(
            listeners: [ListenerReport], ok: Bool
        ) {
            self.listeners = listeners
            self.ok = ok
        }
    }

    /// How many of a listener's documents are what they should be.
    package struct ListenerReport: Codable, Sendable, Equatable {
        package var on: String
        package var key: String
        package var model: String
        package var documents: Int
        package var withoutInput: Int
        package var fresh: Int
        package var stale: Int
        package var missing: Int
        package var extra: Int
        package var failed: Int
        package var truncated: Int
        package var id: String
        package var output: String
        /// Why MongoDB refuses outputs.
        package var refusal: String?
        /// What the model gives now, with `--recompute`.
        package var recomputed: ExtendedJSON?

        package init(
            on: String, key: String, model: String, documents: Int, withoutInput: Int, fresh: Int,
            stale: Int, missing: Int, extra: Int, failed: Int, truncated: Int, id: String, output: String,
            refusal: String? = nil, recomputed: ExtendedJSON? = nil
        ) {
            self.on = on
            self.key = key
            self.model = model
            self.documents = documents
            self.withoutInput = withoutInput
            self.fresh = fresh
            self.stale = stale
            self.missing = missing
            self.extra = extra
            self.failed = failed
            self.truncated = truncated
            self.id = id
            self.output = output
            self.refusal = refusal
            self.recomputed = recomputed
        }
    }
}
