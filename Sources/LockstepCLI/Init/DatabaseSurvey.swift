import Foundation
import Lockstep

/// Looks at a database for `lockstep init`: what its collections are, and some documents of each.
struct DatabaseSurvey {
    let db: Database

    /// Documents of a collection, at most, and their bytes.
    private static let documents = 300
    private static let bytes = 16 << 20
    /// Milliseconds that the server may take for a collection.
    private static let patience = 20_000

    /// The databases that are not MongoDB's own and that the user may see.
    static func databases(_ db: Database) async throws -> [String] {
        try await db.inspection.databaseNames()
    }

    /// Whether the database has collections that the user may see.
    func exists() async throws -> Bool {
        try await !db.inspection.collectionKinds().isEmpty
    }

    /// - Parameter wanted: the collections to look at; empty: all.
    func proposal(_ wanted: [String]) async throws -> Proposal {
        var proposal = Proposal()
        let kinds = try await db.inspection.collectionKinds()
        for name in wanted where kinds[name] == nil {
            throw Failure(.wrong, Self.missing(name, among: kinds.keys.sorted()))
        }
        let names = kinds.keys.filter { Self.isOurs($0) && (wanted.isEmpty || wanted.contains($0)) }.sorted()
        let traits = try await traits(Set(names))
        for name in names {
            if let reason = Self.obstacle(kinds[name], isCapped: traits[name]?.isCapped ?? false) {
                proposal.collections.append(.init(name: name, reason: reason))
                continue
            }
            var statistics = CollectionStatistics(name)
            for document in try await sample(name) { statistics.add(document) }
            proposal.add(statistics)
        }
        return proposal
    }

    /// A name that no collection has, for an example that works.
    func freeName() async throws -> String {
        let kinds = try await db.inspection.collectionKinds()
        return ["docs", "texts"].first { kinds[$0] == nil || kinds[$0] == "collection" } ?? "lockstep_example"
    }

    private static func missing(_ name: String, among names: [String]) -> String {
        let own = names.filter(isOurs)
        let list =
            own.isEmpty ? "it has none yet" : "there is \(own.map { "`\($0)`" }.joined(separator: ", "))"
        return "the database has no collection `\(name)`: \(list)"
    }

    /// One that documents of an application are in.
    private static func isOurs(_ name: String) -> Bool {
        !name.hasPrefix("system.") && !name.hasPrefix("lockstep.") && !name.hasPrefix("fs.")
            && !name.contains("$")
    }

    private static func obstacle(_ kind: String?, isCapped: Bool) -> String? {
        switch kind {
        case "view": "is a view: predictions are stored in the collection it is made from"
        case "timeseries": "is a time-series collection, which takes no updates"
        case _ where isCapped: "is a capped collection: predictions would take up its fixed size"
        default: nil
        }
    }

    private func traits(_ names: Set<String>) async throws -> [String: CollectionTraits] {
        do {
            return try await db.inspection.collectionTraits(of: names)
        } catch let error as MongoError where error.code == MongoError.Code.unauthorized {
            return [:]
        }
    }

    /// Documents at random; the first ones where the server cannot choose at random in time.
    private func sample(_ collection: String) async throws -> [BSONDocument] {
        try await db.inspection.sampleDocuments(
            of: collection, count: Self.documents, bytes: Self.bytes, within: Self.patience)
    }
}
