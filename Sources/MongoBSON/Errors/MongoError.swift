/// An error between Lockstep and MongoDB.
///
/// `description` says what, where and what to do, and is safe for logs: it holds no document content and
/// no password.
public struct MongoError: Error, Sendable {
    /// Where the error arose. Open: compare, do not switch.
    public struct Source: RawRepresentable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The server answered with an error; ``MongoError/code`` is MongoDB's.
        public static let server = Self(rawValue: "server")
        /// The connection broke or could not be made.
        public static let network = Self(rawValue: "network")
        /// No primary was found in time.
        public static let serverSelection = Self(rawValue: "server selection")
        /// User name, password or certificate were refused.
        public static let authentication = Self(rawValue: "authentication")
        /// The connection string cannot be used.
        public static let uri = Self(rawValue: "connection string")
        /// A file with certificates or keys cannot be used.
        public static let tls = Self(rawValue: "TLS")
        /// The request could not be made: a bad URI, a document that is too large.
        public static let client = Self(rawValue: "client")
    }

    public let source: Source
    /// MongoDB's error code for ``Source/server``, libmongoc's else.
    public let code: Int
    /// MongoDB's name of the code, as `NamespaceNotFound`; empty when it gave none.
    public let codeName: String
    /// In words. Of a server's own message, only the part that holds no value of a document.
    public let message: String
    /// MongoDB's error labels, as `ResumableChangeStreamError`.
    public let labels: [String]
    /// The command, as `find`.
    public let operation: String
    /// `database` or `database.collection`.
    public let namespace: String
    /// The place of the document among those of one call, if the error is about one document.
    package var place: Int?
    /// What the user can do, where the cause is known better than the error says.
    package var advice: String?

    package init(
        source: Source, code: Int, codeName: String = "", message: String, labels: [String] = [],
        operation: String, namespace: String
    ) {
        self.source = source
        self.code = code
        self.codeName = codeName
        let names = namespace.split(separator: ".", maxSplits: 1) + [Substring(namespace)]
        self.message = source == .server ? ServerWords.safe(message, names: names) : message
        self.labels = labels
        self.operation = operation
        self.namespace = namespace
    }

    /// The error of a single operation that had to work.
    package init(_ error: WriteError, operation: String, namespace: String) {
        source = .server
        code = error.code
        codeName = ""
        message = error.message
        labels = []
        self.operation = operation
        self.namespace = namespace
    }
}

extension MongoError: CustomStringConvertible {
    public var description: String {
        var text = "\(operation) on \(namespace):" + (message.isEmpty ? "" : " \(message)")
        if source == .server {
            let isNamed = !codeName.isEmpty && !codeName.hasPrefix("Location")
            text += isNamed ? " (\(codeName), code \(code))" : " (code \(code))"
        }
        if let hint { text += text.hasSuffix(".") ? " \(hint)" : ". \(hint)" }
        return text
    }

    /// What the user can do.
    public var hint: String? {
        if let advice { return advice }
        return switch (source, code) {
        case _ where isAboutMajority:
            "No majority of the replica set acknowledges writes: are all of its members up that hold data? `rs.status()` in mongosh tells."
        case (.serverSelection, _) where message.contains("TLS"):
            "`lockstep check` looks for the reason."
        case (.serverSelection, _):
            "Is mongod running there, and is the address right? Check `mongodb.uri`."
        case (.authentication, _), (.server, Code.authenticationFailed):
            "Check the user name, the password and `authSource` in `mongodb.uri`."
        case (.server, Code.unauthorized) where message.contains("requires authentication"):
            "Write the user name and the password into `mongodb.uri`."
        case (.server, Code.unauthorized):
            "Grant the user `readWrite` on the database: db.grantRolesToUser(\"<user>\", [{role: \"readWrite\", db: \"\(database)\"}])."
        default: nil
        }
    }

    private var database: Substring {
        namespace.prefix { $0 != "." }
    }
}
