import LockstepCore
import MongoBSON
import MongoDriver

/// The jobs at batch APIs in `lockstep.batches`, one document a job.
package struct BatchStore: Sendable {
    package static let collection = "lockstep.batches"

    private static let isOpen: BSONValue = ["$ne": BSONValue(BatchJob.Phase.done.rawValue)]

    package let connection: Connection

    package init(connection: Connection) {
        self.connection = connection
    }

    /// Saves a job with a majority, before what follows from it is done.
    package func save(_ job: BatchJob) throws(MongoError) {
        try connection.store(
            Update(
                Self.collection,
                [.init(["_id": BSONValue(job.token)], BSONValue(job.document), isUpsert: true)]))
    }

    /// The jobs of a listener that are not over, the oldest first.
    package func open(of listener: String) throws -> [BatchJob] {
        try jobs(["listener": BSONValue(listener), "phase": Self.isOpen])
    }

    /// Gives the open jobs of listeners that are gone to one that takes the same answers: it has another name, or its model.
    ///
    /// - Parameter known: the ids of all listeners that are configured.
    package func adopt(by listener: String, memoName: String, version: String, besides known: [String]) throws
    {
        let gone: BSONDocument = [
            "memoName": BSONValue(memoName), "version": BSONValue(version),
            "phase": Self.isOpen,
            "listener": ["$nin": BSONValue(known.map { BSONValue($0) })],
        ]
        try connection.store(
            Update(
                Self.collection,
                [.init(gone, ["$set": ["listener": BSONValue(listener)]], isMulti: true)]))
    }

    /// The listeners that have jobs which are not over, and how many.
    package func open() throws -> [String: Int] {
        try jobs(["phase": Self.isOpen])
            .reduce(into: [:]) { $0[$1.listener, default: 0] += 1 }
    }

    /// - Parameter since: milliseconds since 1970.
    package func all(since: Int64 = 0) throws -> [BatchJob] {
        try jobs(["at": ["$gte": BSONValue(millisecondsSince1970: since)]])
    }

    /// The jobs of a model that were begun since then.
    ///
    /// - Parameter time: in milliseconds since 1970.
    package func jobs(of model: String, since time: Int64) throws -> [BatchJob] {
        try jobs(["model": BSONValue(model), "at": ["$gte": BSONValue(millisecondsSince1970: time)]])
    }

    private func jobs(_ filter: BSONDocument) throws -> [BatchJob] {
        var jobs: [BatchJob] = []
        try connection.query(Find(Self.collection, filter)) { view in
            if let job = BatchJob(view) { jobs.append(job) }
        }
        return jobs.sorted { ($0.at, $0.token) < ($1.at, $1.token) }
    }
}

extension BatchJob {
    fileprivate init?(_ view: BSONView) {
        guard let token = view["_id"]?.string, let listener = view["listener"]?.string,
            let model = view["model"]?.string, let version = view["version"]?.string,
            let phase = view["phase"]?.string.flatMap(Phase.init), let at = view["at"]?.milliseconds
        else { return nil }
        self.init(
            token: token, listener: listener, model: model, version: version,
            memoName: view["memoName"]?.string, inputs: Int(view["inputs"]?.int64 ?? 0),
            at: at)
        self.phase = phase
        file = view["file"]?.string
        job = view["job"]?.string
        answers = Int(view["answers"]?.int64 ?? 0)
        refusals = Int(view["refusals"]?.int64 ?? 0)
        tokens = (view["tokens"]?.int64).map { Int($0) }
        price = view["price"].flatMap { BSONValue(copying: $0).double }
        estimate = view["estimate"].flatMap { BSONValue(copying: $0).double }
        reason = view["reason"]?.string
        endedAt = view["endedAt"]?.milliseconds
    }

    fileprivate var document: BSONDocument {
        var fields: [(String, BSONValue)] = [
            ("listener", BSONValue(listener)), ("model", BSONValue(model)), ("version", BSONValue(version)),
            ("memoName", BSONValue(memoName)), ("phase", BSONValue(phase.rawValue)),
            ("inputs", BSONValue(inputs)),
            ("answers", BSONValue(answers)),
            ("refusals", BSONValue(refusals)), ("at", BSONValue(millisecondsSince1970: at)),
        ]
        if let file { fields.append(("file", BSONValue(file))) }
        if let job { fields.append(("job", BSONValue(job))) }
        if let tokens { fields.append(("tokens", BSONValue(tokens))) }
        if let price { fields.append(("price", BSONValue(price))) }
        if let estimate { fields.append(("estimate", BSONValue(estimate))) }
        if let reason { fields.append(("reason", BSONValue(reason))) }
        if let endedAt { fields.append(("endedAt", BSONValue(millisecondsSince1970: endedAt))) }
        return BSONDocument(fields)
    }
}
