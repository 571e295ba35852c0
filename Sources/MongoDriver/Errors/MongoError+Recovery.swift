extension MongoError {
    /// Codes of MongoDB that Lockstep decides by.
    public enum Code {
        public static let unauthorized = 13
        public static let authenticationFailed = 18
        public static let pathNotViable = 28
        public static let validation = 121
        public static let documentTooLarge = 10334
        public static let duplicateKey = 11000
        public static let documentTooLargeAfterUpdate = 17419

        static let tooLarge: Set<Int> = [documentTooLarge, documentTooLargeAfterUpdate, 17420]
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

    // States of a server and of connections that are numbered like assertions.
    private static let statesAmongAssertions: Set<Int> = [
        10058, 10107, 11600, 11601, 11602, 13388, 13435, 13436, 14031,
    ]
}
