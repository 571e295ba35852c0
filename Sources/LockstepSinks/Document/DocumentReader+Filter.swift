import LockstepCore
import MongoBSON

/// What a listener's filter says of documents.
extension DocumentReader {
    package struct Judgement {
        package var matching: Set<DocumentKey> = []
        /// Why the filter cannot be evaluated, by the document on which it cannot.
        package var failures: [DocumentKey: String] = [:]
    }

    /// Which of the documents the listener's filter matches; all of them when it has none.
    package func judge(_ keys: [DocumentKey]) throws -> Judgement {
        guard comparison.filter != nil else { return Judgement(matching: Set(keys)) }
        var judgement = Judgement()
        judgement.failures = try judging(keys) { some in
            var command = command(some, matching: true)
            command.document("projection") { $0.append(1, forKey: "_id") }
            try connection.query(command, collection: listener.collection.name) { view in
                if let id = view["_id"] { judgement.matching.insert(DocumentKey(BSONValue(copying: id))) }
            }
        }
        return judgement
    }

    /// Asks about all documents, and in smaller queries where one of them cannot be judged.
    ///
    /// - Returns: why the filter cannot be evaluated, by the document on which it cannot.
    package func judging(
        _ keys: [DocumentKey], _ ask: (ArraySlice<DocumentKey>) throws -> Void
    ) throws -> [DocumentKey: String] {
        var trial = FilterTrial(keys.perCommand.map(\.indices))
        var isFilterSound = false
        while let range = trial.next() {
            do {
                try ask(keys[range])
                // mechanism filter-trial, off: error.mayBeAboutOneDocument becomes false
            } catch let error as MongoError where error.mayBeAboutOneDocument {
                if isFilterSound {
                    trial.failed(range, Self.reason(error))
                } else {
                    // It, or the server, may be what is wrong: neither is a document's fault.
                    try ask([])
                    isFilterSound = true
                    trial.again(range)
                }
            }
        }
        return Dictionary(
            trial.failures.map { (keys[$0], $1) }, uniquingKeysWith: { first, _ in first })
    }

    private static func reason(_ error: MongoError) -> String {
        let why = error.message.isEmpty ? "" : " \(error.message)"
        return "the filter (`where`) cannot be evaluated on this document:\(why) (code \(error.code))"
    }
}

extension MongoError {
    /// A query with a filter failed, and might not have failed without one of the documents that it is about.
    package var mayBeAboutOneDocument: Bool {
        guard source == .server, !isAboutSize else { return false }
        return isAboutRequest || Self.evaluationCodes.contains(code)
    }

    // Overflow, InvalidBSON, JSInterpreterFailure, JSUncatchableError.
    private static let evaluationCodes: Set<Int> = [15, 22, 139, 145]
}
