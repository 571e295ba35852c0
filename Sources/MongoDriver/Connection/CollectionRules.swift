import MongoBSON

/// What a collection demands of its documents: a validator, and indexes that refuse some values.
package struct CollectionRules: Sendable {
    package var validator: BSONDocument?
    /// Documents that break the validator are refused; else the server only logs them.
    package var isStrict = true
    package var indexes: [Index] = []
    /// Changes whenever a rule does.
    package fileprivate(set) var fingerprint = ""

    package struct Index: Sendable {
        package let name: String
        package let fields: [(path: String, kind: String)]
        package let isUnique: Bool
    }
}

extension Connection {
    /// The rules of a collection as they are now; none where there is no collection.
    package func rules(of collection: String) throws -> CollectionRules {
        var rules = CollectionRules()
        var digest = SHA256()
        var exists = false
        try query(ListCollections(name: collection)) { view in
            exists = (view["type"]?.string ?? "collection") == "collection"
            guard let options = view["options"]?.nested else { return }
            for name in ["validator", "validationLevel", "validationAction"] as [String] {
                if let element = options[name] { digest.update(Array(element.value)) }
                digest.update([0])
            }
            rules.validator = options["validator"]?.document
            rules.isStrict =
                options["validationAction"]?.string != "warn" && options["validationLevel"]?.string != "off"
        }
        guard exists else { return rules }
        try query(ListIndexes(collection)) { view in
            digest.update(Array(view.bytes))
            if let index = CollectionRules.Index(view) { rules.indexes.append(index) }
        }
        rules.fingerprint = hex(digest.finish().prefix(8))
        return rules
    }
}

extension CollectionRules.Index {
    fileprivate init?(_ view: BSONView) {
        guard let name = view["name"]?.string, let key = view["key"]?.nested else { return nil }
        self.name = name
        isUnique = view["unique"]?.bool ?? false
        // A text index names its fields apart.
        let fields = (view["weights"]?.nested).map { $0.map { (path: $0.name, kind: "text") } } ?? []
        self.fields =
            fields + key.filter { !$0.name.hasPrefix("_fts") }.map { ($0.name, $0.string ?? "") }
    }
}
