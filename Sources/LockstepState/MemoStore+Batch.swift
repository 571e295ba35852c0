import LockstepCore
import MongoBSON
import MongoDriver

/// What jobs at batch APIs are asked, and have answered: these entries name their job until its answers are delivered, and
/// are not removed before.
extension MemoStore {
    static let batch = "batch"
    /// Entries that no job has.
    static let unpinned: BSONValue = [batch: ["$exists": false]]
    private static let inputsPerCommand = 1000

    /// Takes inputs for a job, so that no other one has them.
    ///
    /// - Returns: those that are taken now: the others are known, or in another job.
    package func reserve(
        _ inputs: [Fingerprint], of source: MemoEntry.Source, token: String, at time: Int64
    ) throws(MongoError) -> Set<Fingerprint> {
        var taken: Set<Fingerprint> = []
        for start in stride(from: 0, to: inputs.count, by: Self.inputsPerCommand) {
            let some = inputs[start..<min(start + Self.inputsPerCommand, inputs.count)]
            let documents = some.map { input -> BSONDocument in
                [
                    "_id": source.id(of: input).value, "model": BSONValue(source.model),
                    "version": BSONValue(source.version), "input": input.value,
                    Self.batch: BSONValue(token), "at": BSONValue(millisecondsSince1970: time),
                ]
            }
            let insert = Insert(Self.collection, documents, isOrdered: false)
            let result = try connection.write(insert, concern: .majority)
            if let error = result.errors.first(where: { $0.code != MongoError.Code.duplicateKey }) {
                throw MongoError(
                    error, operation: insert.operation, namespace: connection.namespace(of: Self.collection))
            }
            let known = Set(result.errors.map(\.index))
            taken.formUnion(some.enumerated().filter { !known.contains($0.offset) }.map(\.element))
        }
        return taken
    }

    /// Stores what a job has answered, beside its token.
    package func fill(_ entries: [MemoEntry], token: String) throws(MongoError) {
        try store(entries, with: [(Self.batch, BSONValue(token))])
    }

    /// Gives back the inputs of a job that it has not answered.
    package func free(_ token: String) throws(MongoError) {
        let filter: BSONDocument = [Self.batch: BSONValue(token), "output": ["$exists": false]]
        try connection.store(Delete(Self.collection, filter))
    }

    /// Gives back some inputs of a job that are not in its file.
    package func free(
        _ inputs: [Fingerprint], of source: MemoEntry.Source, token: String
    ) throws(MongoError) {
        for start in stride(from: 0, to: inputs.count, by: Self.inputsPerCommand) {
            let ids = inputs[start..<min(start + Self.inputsPerCommand, inputs.count)].map {
                source.id(of: $0).value
            }
            let filter: BSONDocument = [
                "_id": ["$in": BSONValue(ids)], Self.batch: BSONValue(token), "output": ["$exists": false],
            ]
            try connection.store(Delete(Self.collection, filter))
        }
    }

    /// Whether answers of a model's jobs may not be delivered yet.
    package func hasAnswers(of source: MemoEntry.Source) throws -> Bool {
        var isFound = false
        try connection.query(Find(Self.collection, Self.answered(source), limit: 1)) { _ in isFound = true }
        return isFound
    }

    private static func answered(_ source: MemoEntry.Source) -> BSONDocument {
        [
            batch: ["$exists": true], "model": BSONValue(source.model),
            "version": BSONValue(source.version), "output": ["$exists": true],
        ]
    }

    /// The answers of a model's jobs are delivered: they stay as others do.
    package func settle(_ source: MemoEntry.Source) throws(MongoError) {
        let statement = Update.Statement(
            Self.answered(source), ["$unset": [Self.batch: ""]], isMulti: true)
        try connection.store(Update(Self.collection, [statement]), concern: .primary)
    }

    /// Finds the inputs of a job.
    package func indexJobs() throws(MongoError) {
        try connection.create(
            CreateIndex(Self.collection, name: Self.batch, keys: [Self.batch: 1], isSparse: true))
    }
}
