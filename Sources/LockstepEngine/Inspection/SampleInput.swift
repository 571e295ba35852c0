import LockstepCore
import LockstepSinks
import MongoBSON
import MongoDriver

/// Finds the input of some document, to try a model with.
package struct SampleInput {
    package let connection: Connection
    package let listener: Listener

    package init(connection: Connection, listener: Listener) {
        self.connection = connection
        self.listener = listener
    }

    /// Pages to read where one query cannot answer.
    private static let pages = 10

    /// Milliseconds for the query: where no document has an input, it reads all.
    private static let patience = 5000

    /// Nil when no document has an input, or none is found in time.
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
        var conditions = listener.keys.map { ($0.text, ["$ne": .null] as BSONValue) }
        conditions.append(("$expr", BSONValue(listener.inputRule.expression)))
        if let filter = comparison.filter { conditions.append(("$and", [BSONValue(filter)])) }
        let projection = EvidenceProjection([DocumentReader(connection, listener, traits)])
        var fields = BSONBuilder()
        projection.append(to: &fields)
        let find = Find(
            listener.collection.name, BSONDocument(conditions), projection: fields.finish(), limit: 1,
            hint: .idHint, collation: comparison.collation, maxTime: Self.patience)
        var input: [BSONValue]?
        try connection.query(find) { input = projection.evidence(in: $0)[0].input }
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
