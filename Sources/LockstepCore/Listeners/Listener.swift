import MongoBSON

/// "Apply this model to this key of this collection."
public struct Listener: Sendable {
    package let model: any Provider
    public let collection: Collection
    /// The keys whose values are the input, in order.
    public let keys: [FieldPath]
    /// Names the output in place of the key.
    public let name: String?
    /// An MQL filter on the document; a document that does not match has no output. Compared byte by byte.
    public let filter: BSONDocument?
    /// Identifies the listener within its database: collection, output name and model.
    public let id: String
    /// Where in the document the output stands.
    package let place: OutputPlace
    /// Where its outputs live; nil when they are in the documents.
    package let store: (any OutputStore)?

    /// - Parameters:
    ///   - model: makes the predictions; its name is the last part of the output's path.
    ///   - collection: the collection to watch.
    ///   - key: a dotted path; another listener's output by its path, which needs `as`.
    ///   - name: names the output: it is stored at `_outputs.<name>.<model>`. Default: the key.
    ///   - filter: an MQL filter on the document. Default: every document.
    public init(
        model: some Model, on collection: Collection, key: String, as name: String? = nil,
        where filter: BSONDocument? = nil
    ) {
        self.init(model: AnyModel(model), on: collection, keys: [FieldPath(key)], as: name, where: filter)
    }

    /// A listener on several keys; the input is the array of their values.
    public init(
        model: some Model, on collection: Collection, keys: [String], as name: String,
        where filter: BSONDocument? = nil
    ) {
        self.init(
            model: AnyModel(model), on: collection, keys: keys.map { FieldPath($0) }, as: name, where: filter)
    }

    /// - Parameter store: where the outputs live; nil keeps the outputs in the documents.
    package init(
        model provider: any Provider, on collection: Collection, keys: [FieldPath], as name: String?,
        where filter: BSONDocument?, store: (any OutputStore)? = nil
    ) {
        model = provider
        self.store = store
        self.collection = collection
        self.keys = keys
        self.name = name
        self.filter = filter
        let stem = name ?? keys.first?.text ?? ""
        id = Self.id(
            collection: collection.name, name: name, keys: keys.map(\.text), model: provider.name)
        place = OutputPlace(stem: stem, model: provider.name)
    }
}

extension Listener {
    package static func id(collection: String, name: String?, keys: [String], model: String) -> String {
        "\(collection)/\(name ?? keys.first ?? "")/\(model)"
    }

    /// Where the prediction is stored.
    public var outputPath: FieldPath {
        place.output
    }

    /// Where the provenance of the prediction is stored.
    public var provenancePath: FieldPath {
        place.provenance
    }

    public var modelName: String {
        model.name
    }

    public var modelVersion: String {
        model.version
    }

    /// The keys as people write them: `text` or `title,text`.
    public var keyText: String {
        keys.map(\.text).joined(separator: ",")
    }
}
