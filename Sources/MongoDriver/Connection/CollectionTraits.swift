import MongoBSON

/// What a name in the database stands for at the moment, as far as it concerns what is stored there.
package struct CollectionTraits: Sendable, Equatable {
    /// `collection`, `view` or `timeseries`; nil when nothing has the name.
    package var kind: String?
    /// Texts are compared by their bytes unless a query says otherwise.
    package var comparesBytes = true
    /// Of a fixed size: the oldest documents go when it is full.
    package var isCapped = false

    /// What it is instead of a collection whose documents can be written to; nil when it is one, or may become one.
    package var obstacle: String? {
        switch kind {
        case nil, "collection": nil
        case "timeseries": "a time-series collection"
        case .some(let kind): "a \(kind)"
        }
    }
}

extension Connection {
    package func traits(of collection: String) throws -> CollectionTraits {
        var command = BSONBuilder()
        command.append(1, forKey: "listCollections")
        command.document("filter") { $0.append(collection, forKey: "name") }
        var traits = CollectionTraits()
        try query(command, collection: "$cmd.listCollections", operation: "listCollections") { view in
            let options = view["options"]?.nested
            traits.kind = view["type"]?.string ?? "collection"
            // The server leaves the option out when it is simple.
            traits.comparesBytes = options?["collation"] == nil
            traits.isCapped = options?["capped"]?.bool ?? false
        }
        return traits
    }
}
