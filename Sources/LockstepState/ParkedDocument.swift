import MongoBSON

/// A parked document: a model refuses its input, or MongoDB refuses its output.
public struct ParkedDocument: Sendable, Hashable {
    /// The listener's id: collection, output name and model.
    public let listener: String
    public let documentID: BSONValue
    public let reason: String
    public let attempts: Int
    /// When it was parked, and when it was last tried, in milliseconds since 1970.
    public let since: Int64
    public let at: Int64

    package init(
        listener: String, documentID: BSONValue, reason: String, attempts: Int, since: Int64, at: Int64
    ) {
        self.listener = listener
        self.documentID = documentID
        self.reason = reason
        self.attempts = attempts
        self.since = since
        self.at = at
    }

    public var document: BSONDocument {
        [
            "listener": BSONValue(listener), "document": documentID, "reason": BSONValue(reason),
            "attempts": BSONValue(attempts), "since": BSONValue(millisecondsSince1970: since),
            "at": BSONValue(millisecondsSince1970: at),
        ]
    }
}

extension ParkedDocument {
    package init(_ failure: ParkedFailure) {
        self.init(
            listener: failure.listener, documentID: failure.document, reason: failure.reason,
            attempts: failure.attempts, since: failure.since, at: failure.at)
    }
}
