public import Lockstep

/// What `lockstep.yaml` says: which models are applied to which keys of which database.
public struct Configuration: Sendable {
    /// The file's path as it was given; names it in messages.
    public let file: String
    /// The folder of the file, absolute; paths in the file are relative to it.
    public let directory: String
    public var mongodb: MongoSpec
    public var models: [String: ModelSpec]
    public var listeners: [ListenerSpec]
    /// How often a standalone server is audited for writes of others. Default 30 s.
    public var reconcileEvery: Duration
    /// The time in which all documents are audited once where there is a change stream; nil when it is off. Default a day.
    public var auditEvery: Duration? = .seconds(86400)
    /// Nil when it is off.
    public var server: ServerSpec? = ServerSpec()

    /// The database, and where it is.
    public struct MongoSpec: Sendable {
        /// A secret when it holds a password: show ``redactedURI`` only.
        public var uri: String
        public var database: String

        public var redactedURI: String {
            redacted(uri: uri)
        }
    }

    /// One entry of `models`.
    public struct ModelSpec: Sendable {
        public var kind: Kind
        /// Default: a hash of the model's files or of its definition.
        public var version: String?
        /// Default: BSON vectors, and whatever a program answers as it is.
        public var vectors: VectorFormat?
        /// Inputs in one call, at most. Default that of `BatchLimits`.
        public var batchCount: Int?
        /// Bytes of inputs in one call, at most. Default that of `BatchLimits`.
        public var batchBytes: Int?
        /// Where it stands in the file.
        public let line: Int

        public enum Kind: Sendable, Hashable {
            /// A directory as `optimum-cli export openvino` lays it out, as written in the file.
            case openvino(directory: String)
            case exec(ExecSpec)
        }
    }

    /// A model that is a program.
    public struct ExecSpec: Sendable, Hashable {
        /// The program and its arguments, as written in the file.
        public var arguments: [String]
        /// How long one batch may take, once the program has answered something. Default 60 s.
        public var timeout: Duration = .seconds(60)
        /// How long a program may take from its start to its first answer. Default 5 min, or `timeout` if that is longer.
        public var startTimeout: Duration = .seconds(300)
        /// Programs side by side. Default 1.
        public var workers = 1
        /// Variables for the program, beyond PATH and the like; may hold secrets.
        public var environment: [String: String] = [:]
    }

    /// One entry of `listeners`.
    public struct ListenerSpec: Sendable {
        public var model: String
        public var collection: String
        public var keys: [String]
        /// `as`: names the output in place of the key.
        public var name: String?
        /// `where`: an MQL filter on the document.
        public var filter: BSONDocument?
        /// Where it stands in the file.
        public let line: Int
        let lines: Lines

        /// The lines of its values.
        struct Lines: Sendable {
            var model: Int
            var collection: Int
            var keys: [Int]
            var name: Int
            var filter: Int
        }
    }
}

extension Configuration.ListenerSpec {
    /// As the listener made of it has it.
    public var id: String {
        Listener.id(collection: collection, name: name, keys: keys, model: model)
    }

    /// Where the prediction is stored.
    public var outputPath: FieldPath {
        FieldPath("_outputs.\(name ?? keys.first ?? "").\(model)")
    }
}

extension Configuration {
    /// A path of the file, absolute.
    func resolve(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(directory)/\(path)"
    }
}
