extension MongoError {
    /// Codes of MongoDB that Lockstep decides by.
    public enum Code {
        public static let badValue = 2
        public static let unauthorized = 13
        public static let authenticationFailed = 18
        public static let pathNotViable = 28
        public static let outOfTime = 50
        public static let validation = 121
        public static let documentTooLarge = 10334
        public static let duplicateKey = 11000
        public static let unknownStage = 40324
        /// A field of an event is larger than MongoDB delivers: the event cannot be split.
        public static let partTooLarge = 7_182_500
        public static let noChangeStreams = 40573
        public static let documentTooLargeAfterUpdate = 17419

        package static let tooLarge: Set<Int> = [documentTooLarge, documentTooLargeAfterUpdate, 17420]
    }

    /// True when trying again later may help: everything but what is known never to pass.
    ///
    /// A server may be restarted, elect, block writes, run out of space, or fail with a code that is not known here:
    /// all that passes. A request that it cannot do does not.
    public var isTransient: Bool {
        if source == .network || source == .serverSelection { return true }
        if labels.contains("RetryableWriteError") || labels.contains("TransientTransactionError") {
            return true
        }
        return source == .server && Self.isTransient(code: code)
    }

    /// The same for the code of a single operation.
    public static func isTransient(code: Int) -> Bool {
        !neverPassing.contains(code) && !isAboutRequest(code: code)
    }

    /// The server, or a majority of the set, cannot be asked at the moment: the network, an election, a time that is over.
    public var isUnavailable: Bool {
        if source == .network || source == .serverSelection { return true }
        if labels.contains("RetryableWriteError") || labels.contains("TransientTransactionError") {
            return true
        }
        return source == .server && Self.isUnavailable(code: code)
    }

    /// The same for the code of a single operation.
    public static func isUnavailable(code: Int) -> Bool {
        unavailableCodes.contains(code)
    }

    /// An assertion of the server about this request or the documents that it met, as that an expression cannot be
    /// evaluated: the same request fails again on the same documents.
    public var isAboutRequest: Bool {
        source == .server && Self.isAboutRequest(code: code)
    }

    /// The same for the code of a single operation.
    public static func isAboutRequest(code: Int) -> Bool {
        // From 10000 on are the places in the server's source where a request is refused, and some that are older.
        requestCodes.contains(code) || (code >= 10_000 && !statesAmongAssertions.contains(code))
    }

    /// The user may not do it, or is not known.
    public var isAboutRights: Bool {
        source == .authentication || (source == .server && Self.rightsCodes.contains(code))
    }

    /// The collection has no index on `_id` at this moment: it gave way to one of another kind, as a time series.
    public var isAboutHint: Bool {
        source == .server && code == 2
            && message.contains("hint provided does not correspond to an existing index")
    }

    /// The write is done and not acknowledged: too few members answer. WriteConcernFailed, UnsatisfiableWriteConcern.
    public var isAboutMajority: Bool {
        source == .server && [64, 100].contains(code)
    }

    /// A document or a command is larger than MongoDB takes.
    public var isAboutSize: Bool {
        (source == .server && Code.tooLarge.contains(code))
            || (source == .client && message.lowercased().contains("too large"))
    }

    // UserNotFound, Unauthorized, AuthenticationFailed, RoleNotFound.
    private static let rightsCodes: Set<Int> = [11, Code.unauthorized, Code.authenticationFailed, 31]

    // BadValue, FailedToParse, TypeMismatch, CommandNotFound, InvalidOptions, InvalidNamespace, CommandNotSupported,
    // CommandNotSupportedOnView, InvalidPipelineOperator, ConversionFailure, the API versions; Overflow (15), which is said
    // of what is nested too deeply.
    private static let requestCodes: Set<Int> = [2, 9, 14, 15, 59, 72, 73, 115, 166, 168, 241, 322, 323, 324]

    // The history that is lost and tokens that lead nowhere (136, 260, 280, 286, 464); what a document or a rule of its
    // collection causes (PathNotViable, ImmutableField, validation, parallel arrays).
    private static let neverPassing: Set<Int> = rightsCodes.union([
        Code.pathNotViable, 66, Code.validation, 136, 171, 260, 280, 286, 464,
    ])

    // The retryable and resumable codes of MongoDB's driver specifications; 50 and 262 (out of time), 112 (write
    // conflict), 24 and 46 (locks), 100 (no majority), 11601 (interrupted); 43, 175 and 237 (a cursor ended, as when its
    // collection is dropped); 215 (the database is being dropped).
    private static let unavailableCodes: Set<Int> = [
        6, 7, 24, 43, 46, 50, 63, 64, 89, 91, 100, 112, 133, 134, 150, 175, 189, 202, 215, 234, 237, 262, 317,
        358, 384, 9001, 10058, 10107, 11600, 11601, 11602, 13388, 13435, 13436,
    ]

    // States of a server and of connections that are numbered like assertions.
    private static let statesAmongAssertions: Set<Int> = [
        10058, 10107, 11600, 11601, 11602, 13388, 13435, 13436, 14031,
    ]
}
