import LockstepCore
import LockstepProviders
import LockstepReading
import LockstepSinks

/// What `lockstep.yaml` may hold, in one place: the readers take their keys from here, and editors the JSON Schema.
package struct ConfigurationSchema: Sendable {
    /// The file's name beside a `lockstep.yaml`.
    package static let fileName = "lockstep.schema.json"

    package static let standard = ConfigurationSchema(.standard)

    let model: MappingSchema
    let listener: MappingSchema

    package init(_ registry: Registry) {
        var model = Self.model.with(registry.providers.map(\.keys))
        model.about = "A model: \(registry.providers.map(\.about).joined(last: ", or "))."
        self.model = model
        listener = Self.listener.with(registry.allSinks.map(\.keys))
    }

    /// A JSON Schema of `lockstep.yaml`.
    package var json: JSONText {
        file.document(title: "lockstep.yaml")
    }

    var file: MappingSchema {
        MappingSchema(
            about: "Which models are applied to which keys of a MongoDB database.",
            keys: [
                KeySchema(
                    "mongodb", .mapping(Self.mongodb), "The database, and where it is.", isRequired: true),
                KeySchema(
                    "models", .names(of: .mapping(model)), "The models, by names of your own.",
                    isRequired: true),
                KeySchema(
                    "listeners", .list(of: .mapping(listener)),
                    "Which model reads which key of which collection.",
                    isRequired: true),
                KeySchema(
                    "reconcileEvery", .duration,
                    "How often a standalone server is audited for writes of others. Default: 30s."),
                KeySchema(
                    "auditEvery", .off(or: .duration),
                    "The time in which all documents are audited once for writes that no change stream shows. Default: 1d."
                ),
                KeySchema(
                    "server", .off(or: .mapping(Self.server)),
                    "The dashboard, the metrics and the HTTP API. Default: on 127.0.0.1:7077."),
            ],
            synonyms: [
                "mongo": "mongodb", "database": "mongodb", "reconcile": "reconcileEvery",
                "audit": "auditEvery",
                "http": "server",
            ])
    }

    static let mongodb = MappingSchema(
        about: "The database, and where it is.",
        keys: [
            KeySchema(
                "uri", .text,
                "MongoDB's connection string, as ${MONGODB_URI:-mongodb://127.0.0.1:27017}.", isRequired: true
            ),
            KeySchema("database", .text, "The database's name. Default: the one in the URI."),
        ],
        synonyms: [
            "url": "uri", "host": "uri", "connectionString": "uri", "db": "database", "name": "database",
        ])

    private static let model = MappingSchema(
        about: "",
        keys: [
            KeySchema(
                "version", .text,
                "Another version computes everything anew. Default: a hash of the model's files or of its definition."
            ),
            KeySchema(
                "vectors", .choice(["bson", "array"]),
                "How vectors of numbers are stored: as BSON vectors of float32, or as arrays of doubles."),
            KeySchema("batch", .mapping(batch), "How much one call takes, at most."),
            KeySchema(
                "memo", .flag,
                "Equal inputs are asked once, over time too: predictions are kept beside the data. Default: true for http, else false."
            ),
        ],
        synonyms: ["batchSize": "batch", "cache": "memo"])

    static let batch = MappingSchema(
        about: "How much one call takes, at most.",
        keys: [
            KeySchema("count", .number(1...Int.max), "Inputs in one call."),
            KeySchema("bytes", .number(1...Int.max), "Bytes of inputs in one call."),
        ])

    private static let listener = MappingSchema(
        about: "Apply this model to this key of this collection.",
        keys: [
            KeySchema("model", .text, "A name of `models`.", isRequired: true),
            KeySchema("on", .text, "The collection.", isRequired: true),
            KeySchema(
                "key", .textOrTexts,
                "The dotted path of the input, or a list of them; another listener's output by its path.",
                isRequired: true),
            KeySchema(
                "as", .text,
                "Names the output, at `\(OutputPlace.outputs).<as>.<model>`. Default: the key; needed for a list of keys and on an output."
            ),
            KeySchema("where", .filter, "A filter of MongoDB's: other documents have no output."),
        ],
        synonyms: [
            "collection": "on", "field": "key", "keys": "key", "fields": "key", "input": "key",
            "filter": "where", "name": "as", "output": "as", "match": "where",
        ])

    static let server = MappingSchema(
        about: "The dashboard, the metrics and the HTTP API beside `lockstep run`.",
        keys: [
            KeySchema("host", .text, "The address it listens on. Default: 127.0.0.1."),
            KeySchema("port", .number(0...65535), "Default: 7077; 0 takes a free one."),
            KeySchema("token", .text, "A secret: what changes something needs it. 16 characters at least."),
            KeySchema("maxLag", .duration, "A lag above it is not ready. Default: 60s."),
            KeySchema(
                "hosts", .list(of: .text), "Names that requests may carry in `Host`, beside the addresses."),
        ],
        synonyms: [
            "address": "host", "bind": "host", "listen": "host", "secret": "token", "password": "token",
            "lag": "maxLag", "names": "hosts",
        ])
}
