import LockstepCore
import MongoBSON
import MongoDriver

extension Connection {
    /// Looks at a listener's documents for some seconds at most; blocks.
    ///
    /// - Parameters:
    ///   - collections: of the database, if the user may see them.
    ///   - saved: what the listener was when its documents were scanned last.
    ///   - counted: what was counted of this very listener.
    package func facts(
        of listener: Listener, collections: [String]?, saved: ScanProgress?, counted: InputShare?
    ) throws -> ListenerFacts {
        var facts = ListenerFacts(listener, database: database)
        facts.collections = collections
        let collection = listener.collection.name
        guard collections?.contains(collection) ?? true else { return facts }
        facts.documents = try estimatedCount(of: collection)
        guard facts.documents > 0 else { return facts }
        // Where few documents have an input, to find one may take long.
        let isKnown = counted.map { $0.documents > $0.withoutInput } ?? false
        facts.input = isKnown ? .some : try presence(of: listener.hasInput, in: collection)
        // What only some inputs have is found among many keys alone.
        if facts.input != .some || listener.keys.count > 1 {
            facts.keys = try listener.keys.map { key in
                // Another listener's output comes in time.
                key.isOutput ? .some : try presence(of: Listener.has([key]), in: collection)
            }
            if let filter = listener.filter, facts.input != .some {
                facts.filter = try presence(of: filter, in: collection)
            }
            if facts.keys.contains(where: \.isNone) { facts.paths = try paths(in: collection) }
        }
        if let saved, saved.definition != listener.definition {
            facts.removals = try removals(of: listener, among: facts.documents)
        }
        return facts
    }

    /// Milliseconds that a question may take, and documents that are taken at random when that is not enough.
    private static let patience = 1000
    private static let sample = 1000

    private func presence(of filter: BSONDocument, in collection: String) throws -> ListenerFacts.Presence {
        let match: BSONValue = ["$match": BSONValue(filter)]
        let all = try bounded([match, ["$limit": 1]], in: collection)
        if let all { return all.isEmpty ? .none : .some }
        let random: BSONValue = ["$sample": ["size": BSONValue(Self.sample)]]
        guard let some = try bounded([random, match, ["$limit": 1]], in: collection) else { return .unknown }
        return some.isEmpty ? .noneOf(Self.sample) : .some
    }

    /// Outputs of documents that have no input any more.
    private func removals(of listener: Listener, among documents: Int) throws -> ListenerFacts.Removals? {
        let isStored: BSONValue = [
            "$or": [
                BSONValue(BSONDocument([(listener.outputPath.text, ["$exists": true] as BSONValue)])),
                BSONValue(BSONDocument([(listener.provenancePath.text, ["$exists": true] as BSONValue)])),
            ]
        ]
        let match: BSONValue = ["$match": ["$and": [isStored, ["$nor": [BSONValue(listener.hasInput)]]]]]
        let count: BSONValue = ["$count": "count"]
        let collection = listener.collection.name
        if let all = try bounded([match, count], in: collection) {
            return .init(count: all.first?["count"]?.int ?? 0)
        }
        let random: BSONValue = ["$sample": ["size": BSONValue(Self.sample)]]
        guard let some = try bounded([random, match, count], in: collection) else { return nil }
        let share = Double(some.first?["count"]?.int ?? 0) / Double(Self.sample)
        return .init(count: Int((share * Double(documents)).rounded()), isEstimate: true)
    }

    /// The paths of fields in some documents.
    private func paths(in collection: String) throws -> [String] {
        var seen: Set<String> = []
        let random: BSONValue = ["$sample": ["size": 50]]
        let without: BSONValue = [
            "$unset": [BSONValue(OutputPlace.outputs), BSONValue(OutputPlace.provenance)]
        ]
        for document in try bounded([random, without], in: collection) ?? [] {
            Self.collect(document, below: "", into: &seen)
        }
        return seen.sorted()
    }

    private static func collect(_ document: BSONDocument, below path: String, into seen: inout Set<String>) {
        for (name, value) in document where seen.count < 500 {
            let path = path.isEmpty ? name : "\(path).\(name)"
            if path == "_id" { continue }
            seen.insert(path)
            if let inner = value.document ?? value.array?.first?.document {
                collect(inner, below: path, into: &seen)
            }
        }
    }

    /// What a pipeline gives; nil when it takes too long, or cannot be evaluated on some document.
    private func bounded(_ pipeline: [BSONValue], in collection: String) throws -> [BSONDocument]? {
        do throws(MongoError) {
            let reply = try run(
                [
                    "aggregate": BSONValue(collection), "pipeline": BSONValue(pipeline),
                    "cursor": BSONValue(BSONDocument()), "collation": BSONValue(BSONDocument.simpleCollation),
                    "maxTimeMS": BSONValue(Self.patience),
                ], operation: "aggregate", namespace: namespace(of: collection))
            return reply[path: "cursor.firstBatch"]?.array?.compactMap(\.document) ?? []
        } catch {
            // Whether the server is there and lets us in is found out elsewhere.
            guard error.source == .server, !error.isAboutRights else { throw error }
            return nil
        }
    }
}
