import MongoBSON

/// What a name in the database is at the moment: a collection or something else, and how it compares and stores.
package struct CollectionTraits: Sendable, Equatable {
    /// `collection`, `view` or `timeseries`; nil when nothing has the name.
    package var kind: String?
    /// Texts are compared by their bytes unless a query says otherwise.
    package var comparesBytes = true
    /// Of a fixed size: the oldest documents go when it is full.
    package var isCapped = false

    /// What it is, where its documents cannot be updated; nil for a collection, and where nothing has the name yet.
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
        var traits = CollectionTraits()
        try query(ListCollections(name: collection)) { view in
            let options = view["options"]?.nested
            traits.kind = view["type"]?.string ?? "collection"
            // The server leaves the option out when it is simple.
            traits.comparesBytes = options?["collation"] == nil
            traits.isCapped = options?["capped"]?.bool ?? false
        }
        return traits
    }

    /// `collection`, `view` or `timeseries`, by the names that the user may see.
    package func collectionKinds() throws -> [String: String] {
        var kinds: [String: String] = [:]
        try query(ListCollections(isNamesOnly: true)) { view in
            if let name = view["name"]?.string { kinds[name] = view["type"]?.string ?? "collection" }
        }
        return kinds
    }

    /// The UUID of a collection: one that was restored from a dump, or copied with its database, has another. Nil when
    /// nothing has the name.
    package func uuid(of collection: String) throws(MongoError) -> BSONValue? {
        try firstBatch(of: ListCollections(name: collection)).documents.first?[path: "info.uuid"]
    }

    /// The names of the databases that the user may see.
    package func databaseNames() throws(MongoError) -> [String] {
        let reply = try run(
            ["listDatabases": 1, "nameOnly": true, "authorizedDatabases": true], on: "admin",
            operation: "listDatabases")
        return (reply["databases"]?.array ?? []).compactMap { $0.document?["name"]?.string }
    }
}
