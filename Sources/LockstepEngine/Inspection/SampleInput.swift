import LockstepCore
import LockstepSinks
import MongoBSON
import MongoDriver

/// Looks for some document's input, to try a model with.
package struct SampleInput {
    package let connection: Connection
    package let listener: Listener

    package init(connection: Connection, listener: Listener) {
        self.connection = connection
        self.listener = listener
    }

    /// Pages that are read where one query cannot answer.
    private static let pages = 10

    /// Milliseconds that the query may take: where no document has one, all are read.
    private static let patience = 5000

    /// Nil when no document has one, or none is found in time.
    package func find() throws -> [BSONValue]? {
        do {
            return try ask()
        } catch let error as MongoError where error.code == MongoError.Code.outOfTime {
            return nil
        } catch let error as MongoError where listener.filter != nil && error.mayBeAboutOneDocument {
            // The filter cannot be evaluated on a document: a scan goes on behind it.
            return try scan()
        }
    }

    private func ask() throws -> [BSONValue]? {
        let traits = try connection.traits(of: listener.collection.name)
        let comparison = ByteComparison(listener, traits)
        var command = BSONBuilder()
        command.append(listener.collection.name, forKey: "find")
        command.document("filter") { filter in
            for key in listener.keys {
                filter.document(key.text) { $0.appendNull(forKey: "$ne") }
            }
            if let condition = comparison.filter {
                filter.array("$and") { $0.append(condition, forKey: "0") }
            }
        }
        if let collation = comparison.collation { command.append(collation, forKey: "collation") }
        let projection = EvidenceProjection([DocumentReader(connection, listener, traits)])
        command.document("projection") { projection.append(to: &$0) }
        command.append(1, forKey: "limit")
        command.append(Self.patience, forKey: "maxTimeMS")
        command.appendIDHint()
        var input: [BSONValue]?
        try connection.query(command, collection: listener.collection.name) { view in
            input = projection.evidence(in: view)[0].input
        }
        return input
    }

    private func scan() throws -> [BSONValue]? {
        let scan = CollectionScan(
            connection: connection, collection: listener.collection.name, listeners: [listener])
        var input: [BSONValue]?
        var pages = 0
        try scan.forEachPage(from: nil) { page in
            pages += 1
            let judged = page.first { $0.evidence[0].unjudged == nil && $0.evidence[0].input != nil }
            input = judged?.evidence[0].input
            return input == nil && pages < Self.pages
        }
        return input
    }
}
