extension API {
    /// `show --json`.
    package struct ShownDocument: Codable, Sendable, Equatable {
        package var collection: String
        package var id: ExtendedJSON
        package var listeners: [ShownListener]

        package init(
            collection: String, id: ExtendedJSON, listeners: [ShownListener]
        ) {
            self.collection = collection
            self.id = id
            self.listeners = listeners
        }
    }

    package struct ShownListener: Codable, Sendable, Equatable {
        package var listener: String
        package var state: String
        package var reason: String
        package var paused: Bool
        @Nullable package var input: ExtendedJSON?
        @Nullable package var output: ExtendedJSON?
        @Nullable package var provenance: Provenance?
        @Nullable package var failure: ParkedDocument?

        package init(
            listener: String, state: String, reason: String, paused: Bool, input: ExtendedJSON?,
            output: ExtendedJSON?, provenance: Provenance?, failure: ParkedDocument?
        ) {
            self.listener = listener
            self.state = state
            self.reason = reason
            self.paused = paused
            self.input = input
            self.output = output
            self.provenance = provenance
            self.failure = failure
        }
    }

    /// What an output was computed from.
    package struct Provenance: Codable, Sendable, Equatable {
        package var version: String
        package var at: ExtendedJSON
        package var ofThisInput: Bool

        package init(
            version: String, at: ExtendedJSON, ofThisInput: Bool
        ) {
            self.version = version
            self.at = at
            self.ofThisInput = ofThisInput
        }
    }
}
