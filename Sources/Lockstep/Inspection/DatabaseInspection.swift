import LockstepCore
import LockstepEngine
import LockstepSinks
import LockstepState
import MongoBSON
import MongoDriver

/// Reads what collections and documents a database has, for commands.
package struct DatabaseInspection: Sendable {
    let access: DatabaseAccess
    let listeners: [Listener]

    /// `collection`, `view` or `timeseries`, by the names that the user may see.
    package func collectionKinds() async throws -> [String: String] {
        try await access.perform { try $0.collectionKinds() }
    }

    package func collectionTraits(of names: Set<String>) async throws -> [String: CollectionTraits] {
        try await access.perform { connection in
            var traits: [String: CollectionTraits] = [:]
            for name in names { traits[name] = try connection.traits(of: name) }
            return traits
        }
    }

    /// The names of the databases that the user may see, without MongoDB's own.
    package func databaseNames() async throws -> [String] {
        try await access.perform { connection in
            try connection.databaseNames().filter { !["admin", "local", "config"].contains($0) }.sorted()
        }
    }

    /// Seconds that the oplog reaches back.
    ///
    /// - Throws: when the user may not read it.
    package func oplogWindow() async throws -> Int {
        try await access.perform { connection in
            try connection.oplogWindow().map { Int($0.newest) - Int($0.oldest) } ?? 0
        }
    }

    /// Random documents; the first ones where the server does not give random ones in time.
    ///
    /// - Parameters:
    ///   - count: the most documents.
    ///   - bytes: ends with the document that exceeds so many.
    ///   - milliseconds: for the server.
    package func sampleDocuments(
        of collection: String, count: Int, bytes: Int, within milliseconds: Int
    ) async throws -> [BSONDocument] {
        try await access.perform { connection in
            do {
                let random = Aggregate(
                    collection, [["$sample": ["size": BSONValue(count)]]], maxTime: milliseconds,
                    batchSize: 20, allowsDiskUse: true)
                return try Self.documents(of: random, connection, bytes: bytes)
            } catch let error as MongoError where error.source == .server {
                let first = Find(collection, limit: count, maxTime: milliseconds, batchSize: 20)
                return try Self.documents(of: first, connection, bytes: bytes)
            }
        }
    }

    private struct EnoughRead: Error {}

    private static func documents(
        of query: some QueryCommand, _ connection: Connection, bytes: Int
    ) throws -> [BSONDocument] {
        var documents: [BSONDocument] = []
        var left = bytes
        do {
            try connection.query(query) { view in
                documents.append(BSONDocument(trusted: Array(view.bytes)))
                left -= view.bytes.count
                if left < 0 { throw EnoughRead() }
            }
        } catch is EnoughRead {}
        return documents
    }

    /// A document as each listener of its collection sees it, in the listeners' order.
    ///
    /// - Returns: nil when there is no such document.
    package func view(_ id: BSONValue, in collection: Collection) async throws -> [DocumentView]? {
        let listeners = listeners.filter { $0.collection == collection }
        return try await access.perform { connection -> [DocumentView]? in
            let traits = try connection.traits(of: collection.name)
            let key = DocumentKey(id)
            var views: [DocumentView] = []
            for listener in listeners {
                let reader = DocumentReader(connection, listener, traits)
                guard let evidence = try reader.read([key])[key] else { return nil }
                let parked = try FailureList(connection: connection).entry(
                    listener: listener.id, document: id)
                views.append(
                    DocumentView(
                        listener, evidence, output: try reader.sink.outputs(of: [key])[key], parked: parked))
            }
            return views
        }
    }
}
