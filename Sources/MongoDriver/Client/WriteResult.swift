import MongoBSON

/// The answer to a write command.
package struct WriteResult: Sendable {
    /// Documents inserted, matched or deleted.
    package var matched = 0
    package var modified = 0
    /// `_id`s of documents that an upsert made.
    package var upserted: [BSONValue] = []
    /// The errors of single operations, with their places in the command.
    package var errors: [WriteError] = []
    /// The primary's term of office; writes of another one may have been rolled back.
    package var election: BSONValue?
}

extension WriteResult {
    package init(_ reply: BSONView) {
        matched = Int(reply["n"]?.int64 ?? 0)
        modified = Int(reply["nModified"]?.int64 ?? 0)
        election = reply["electionId"].map(BSONValue.init(copying:))
        for element in reply["upserted"]?.nested ?? BSONView.empty {
            if let id = element.nested?["_id"] { upserted.append(BSONValue(copying: id)) }
        }
        for element in reply["writeErrors"]?.nested ?? BSONView.empty {
            if let error = element.nested { errors.append(WriteError(error)) }
        }
    }
}

/// How many members must have a write before the server acknowledges it.
package struct WriteConcern: Sendable {
    package let options: BSONDocument

    /// By a majority of the members: survives an election.
    package static let majority = majority(patience: 20_000)

    /// By the primary alone.
    package static let primary = WriteConcern(options: ["writeConcern": ["w": 1]])

    /// The same as ``majority``, with an error when there is no majority for so many milliseconds.
    package static func majority(patience: Int) -> WriteConcern {
        WriteConcern(options: ["writeConcern": ["w": "majority", "wtimeout": BSONValue(patience)]])
    }
}

extension MongoClient {
    /// What MongoDB takes of a command: a document and 16 KiB, less what libmongoc adds. Of a larger one it ends the
    /// connection without a word, which would look like an outage.
    private static let mostBytesOfCommand = (16 << 20) + (16 << 10) - 4096

    /// Runs an `insert`, `update` or `delete` command. Errors of single operations are in the result; only what
    /// concerns the whole command throws.
    package func write(
        _ command: borrowing BSONBuilder, on database: String, concern: WriteConcern?, operation: String,
        namespace: String
    ) throws(MongoError) -> WriteResult {
        // mechanism command-size, off: command.count <= Self.mostBytesOfCommand becomes true
        guard command.count <= Self.mostBytesOfCommand else {
            throw MongoError(
                source: .server, code: MongoError.Code.documentTooLarge, codeName: "BSONObjectTooLarge",
                message: "it takes \(command.count) bytes, more than MongoDB gives a document",
                operation: operation, namespace: namespace)
        }
        let outcome = execute(
            command, on: database, kind: .write, options: concern?.options, server: 0, session: nil)
        if outcome.done { return outcome.reply.withView { WriteResult($0) } }
        // libmongoc reports errors of single operations as if the command had failed.
        let result = outcome.reply.withView { WriteResult($0) }
        if !result.errors.isEmpty { return result }
        throw failure(
            MongoError(outcome.error, reply: outcome.reply, operation: operation, namespace: namespace))
    }
}
