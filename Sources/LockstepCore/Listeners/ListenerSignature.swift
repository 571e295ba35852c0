import MongoBSON

/// The definition of a listener, by which two processes compare theirs.
package struct ListenerSignature: Hashable, Sendable {
    package let id: String
    /// A hash of its collection, keys, filter and output.
    package let shape: String
    /// Its model's version; nil where the model's files are not there to compute it from.
    package let version: String?

    package init(
        id: String, collection: String, keys: [FieldPath], filter: BSONDocument?, output: FieldPath,
        version: String?
    ) {
        var digest = SHA256()
        for text in [collection, output.text] + keys.map(\.text) {
            digest.update(BSONValue(text).bytes)
        }
        if let filter { digest.update(filter.bytes) }
        self.init(id: id, shape: hex(digest.finish().prefix(8)), version: version)
    }

    package init(id: String, shape: String, version: String?) {
        self.id = id
        self.shape = shape
        self.version = version
    }
}

extension Listener {
    package var signature: ListenerSignature {
        ListenerSignature(
            id: id, collection: collection.name, keys: keys, filter: filter, output: outputPath,
            version: model.version)
    }
}

/// What one process wants and another one does not run.
package struct ListenerDifference: Hashable, Sendable {
    /// Ids of listeners that the other one does not have.
    package private(set) var absent: [String] = []
    /// Those that it has with another key or filter.
    package private(set) var changed: [String] = []
    /// Those that it has with another version of the model.
    package private(set) var outdated: [String] = []

    /// Nil when everything that is wanted runs. A version that is not known is no difference.
    package init?(_ wanted: [ListenerSignature], running: [ListenerSignature]) {
        let running = Dictionary(running.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for listener in wanted {
            guard let other = running[listener.id] else {
                absent.append(listener.id)
                continue
            }
            if other.shape != listener.shape {
                changed.append(listener.id)
            } else if let version = listener.version, let known = other.version, version != known {
                outdated.append(listener.id)
            }
        }
        if absent.isEmpty, changed.isEmpty, outdated.isEmpty { return nil }
    }

    /// To be put after the name of the process, as `does not run …`.
    package var text: String {
        [
            ("does not run", absent, ""), ("runs", changed, " with another key or `where`"),
            ("runs", outdated, " with another version of its model"),
        ].filter { !$0.1.isEmpty }.map { verb, ids, rest in
            let more = ids.count > 3 ? " and \(ids.count - 3) more" : ""
            return "\(verb) \(ids.prefix(3).map { "`\($0)`" }.joined(separator: ", "))\(more)\(rest)"
        }.joined(separator: ", ")
    }
}
