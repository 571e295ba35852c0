import MongoBSON

/// The progress that a watcher saves: everything up to it is done.
package struct Checkpoint: Sendable {
    /// Where the stream goes on; nil on a standalone server.
    package var position: Position?
    /// The fingerprint of the stream's pipeline; a token is valid only for the same one.
    package var stream: String
    package var listeners: [String: ScanProgress]
    /// What each listener has reflected, those apart whose documents are scanned.
    package var reflected: Reflected
    /// How many documents had an input when they were counted last, by the definition of a listener.
    package var inputs: [String: InputShare] = [:]
    /// Where the periodic audit is.
    package var audit: AuditRound?
    /// Milliseconds since 1970.
    package var at: Int64
    /// When the last whole scan of everything began, on a standalone server.
    package var auditedFrom: Int64?
    /// Nothing after the position was handled: the watcher that saved it had finished, and none has begun since.
    package var isFinal: Bool

    package init(
        position: Position?, stream: String, listeners: [String: ScanProgress], reflected: Reflected = [:],
        at: Int64, auditedFrom: Int64? = nil, isFinal: Bool = false
    ) {
        self.reflected = reflected
        self.isFinal = isFinal
        self.auditedFrom = auditedFrom
        self.position = position
        self.stream = stream
        self.listeners = listeners
        self.at = at
    }

    /// True when every document that was there when the watcher started has been scanned.
    package var isComplete: Bool {
        listeners.values.allSatisfy(\.isComplete)
    }

    /// True when every change up to that time is reflected for the wanted listeners; unknown versions are not compared.
    package func reflects(_ wanted: ListenerSignature, _ time: BSONTimestamp) -> Bool {
        reflected.contains { listener, reflected in
            reflected >= time && listener.id == wanted.id && listener.shape == wanted.shape
                && (wanted.version == nil || listener.version == wanted.version)
        }
    }
}

/// The cluster's time up to which everything is reflected in a listener's outputs.
package typealias Reflected = [ListenerSignature: BSONTimestamp]
