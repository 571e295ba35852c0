import LockstepCore
import LockstepSinks
import MongoBSON
import MongoDriver

/// Looks for likely mistakes in listeners, for some seconds at most for each; blocks.
package struct ListenerInspection {
    package let connection: Connection

    package init(connection: Connection) {
        self.connection = connection
    }

    /// - Parameters:
    ///   - saved: what the listeners were at the last scan of their documents, by their ids.
    ///   - inputs: the counts of that scan, by the listeners' definitions.
    package func warnings(
        about listeners: [Listener], saved: [String: ScanProgress], inputs: [String: InputShare]
    ) throws -> [ListenerWarning] {
        let collections = try collectionNames()
        return try listeners.flatMap { listener in
            try facts(
                of: listener, collections: collections, saved: saved[listener.id],
                counted: inputs[listener.definition]
            ).warnings
        }
    }

    /// The names of the database's collections without Lockstep's own; nil when the user may not see them.
    private func collectionNames() throws -> [String]? {
        do {
            let names = try connection.collectionKinds().keys
            return names.filter { !$0.hasPrefix("lockstep.") && !$0.hasPrefix("system.") }.sorted()
        } catch let error as MongoError where error.isAboutRights {
            return nil
        }
    }

    /// - Parameters:
    ///   - collections: the names in the database, if the user may see them.
    ///   - saved: what the listener was at the last scan of its documents.
    ///   - counted: the counts of this very listener.
    private func facts(
        of listener: Listener, collections: [String]?, saved: ScanProgress?, counted: InputShare?
    ) throws -> ListenerFacts {
        var facts = ListenerFacts(listener, database: connection.database)
        facts.collections = collections
        let collection = listener.collection.name
        guard collections?.contains(collection) ?? true else { return facts }
        facts.documents = try connection.estimatedCount(of: collection)
        guard facts.documents > 0 else { return facts }
        // Where few documents have an input, to find one may take long.
        let isKnown = counted.map { $0.documents > $0.withoutInput } ?? false
        facts.input = isKnown ? .some : try presence(of: listener.hasInput, in: collection)
        // What only some inputs have is found among many keys alone.
        if facts.input != .some || listener.keys.count > 1 {
            facts.keys = try listener.keys.map { key in
                // Another listener's output comes in time.
                key.isOutput ? .some : try presence(of: listener.has(key), in: collection)
            }
            if let filter = listener.filter, facts.input != .some {
                facts.filter = try presence(of: filter, in: collection)
            }
            if facts.keys.contains(where: \.isNone) { facts.paths = try paths(in: collection) }
        }
        // Outputs elsewhere cannot be counted by a query.
        if let saved, saved.definition != listener.definition, listener.store == nil {
            facts.removals = try removals(of: listener, among: facts.documents)
        }
        return facts
    }

    /// Milliseconds for a query, and the number of random documents to look at when a query takes longer.
    private static let patience = 1000
    private static let sample = 1000

    private func presence(of filter: BSONDocument, in collection: String) throws -> ListenerFacts.Presence {
        let match: BSONDocument = ["$match": BSONValue(filter)]
        let all = try bounded([match, ["$limit": 1]], in: collection)
        if let all { return all.isEmpty ? .none : .some }
        let random: BSONDocument = ["$sample": ["size": BSONValue(Self.sample)]]
        guard let some = try bounded([random, match, ["$limit": 1]], in: collection) else { return .unknown }
        return some.isEmpty ? .noneOf(Self.sample) : .some
    }

    /// The outputs of documents that have no input any more.
    private func removals(of listener: Listener, among documents: Int) throws -> ListenerFacts.Removals? {
        let isStored: BSONValue = [
            "$or": [
                BSONValue(BSONDocument([(listener.outputPath.text, ["$exists": true] as BSONValue)])),
                BSONValue(BSONDocument([(listener.provenancePath.text, ["$exists": true] as BSONValue)])),
            ]
        ]
        let match: BSONDocument = ["$match": ["$and": [isStored, ["$nor": [BSONValue(listener.hasInput)]]]]]
        let count: BSONDocument = ["$count": "count"]
        let collection = listener.collection.name
        if let all = try bounded([match, count], in: collection) {
            return .init(count: all.first?["count"]?.int ?? 0)
        }
        let random: BSONDocument = ["$sample": ["size": BSONValue(Self.sample)]]
        guard let some = try bounded([random, match, count], in: collection) else { return nil }
        let share = Double(some.first?["count"]?.int ?? 0) / Double(Self.sample)
        return .init(count: Int((share * Double(documents)).rounded()), isEstimate: true)
    }

    /// The paths of fields in some documents.
    private func paths(in collection: String) throws -> [String] {
        var seen: Set<String> = []
        let random: BSONDocument = ["$sample": ["size": 50]]
        let without: BSONDocument = [
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

    /// The documents that a pipeline gives; nil when it takes too long, or fails on some document.
    private func bounded(_ pipeline: [BSONDocument], in collection: String) throws -> [BSONDocument]? {
        do throws(MongoError) {
            let query = Aggregate(
                collection, pipeline, collation: .simpleCollation, maxTime: Self.patience)
            return try connection.firstBatch(of: query).documents
        } catch {
            // A server that is away, or refuses the log-in, is found elsewhere.
            guard error.source == .server, !error.isAboutRights else { throw error }
            return nil
        }
    }
}
