import Lockstep
import LockstepReading
import LockstepSinks

/// What `lockstep.yaml` says: which models are applied to which keys of which database.
package struct Configuration: Sendable {
    /// The file's path as it was given; names it in messages.
    package let file: String
    /// The folder of the file.
    package let folder: ConfigurationFolder
    /// The kinds that the file was read with.
    let registry: Registry
    package var mongodb = MongoSpec(uri: "", database: "")
    package internal(set) var models: [String: ModelSpec] = [:]
    package internal(set) var listeners: [ListenerSpec] = []
    /// How often a standalone server is audited for writes of others. Default 30 s.
    package var reconcileEvery: Duration = .seconds(30)
    /// The time in which all documents are audited once where there is a change stream; nil when it is off. Default a day.
    package var auditEvery: Duration? = .seconds(86400)
    /// Nil when it is off.
    package var server: ServerSpec? = ServerSpec()

    init(file: String, folder: ConfigurationFolder, registry: Registry) {
        self.file = file
        self.folder = folder
        self.registry = registry
    }

    /// The database, and where it is.
    package struct MongoSpec: Sendable {
        /// A secret when it holds a password: show ``redactedURI`` only.
        package var uri: String
        package var database: String

        package var redactedURI: String {
            redacted(uri: uri)
        }
    }
}
