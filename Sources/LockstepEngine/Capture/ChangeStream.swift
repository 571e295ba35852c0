import LockstepCore
import MongoBSON
import MongoDriver

/// The change stream of a database, restricted to some collections: how it is opened and what its errors mean.
package struct ChangeStream: Sendable {
    package let connection: Connection
    /// The collections whose events are wanted; nil brings all.
    package let collections: [String]
    /// Further stages of a user's own.
    package let pipeline: [BSONDocument]
    /// Changes whenever the stream would bring other events.
    package let fingerprint: String

    /// Milliseconds that the server waits for an event before it answers with an empty batch.
    package static let patience = 250
    /// The same once nothing has come for a while: longer than two renewals of the lease are apart, whose events end it.
    package static let idlePatience = 2500
    /// How long nothing must have come.
    package static let idleAfter = Duration.seconds(2)
    /// Events in a batch, at most. The server would fill 16 MB, which costs several times that on the way here.
    package static let batchLimit = 2000

    package init(connection: Connection, collections: [String], pipeline: [BSONDocument]) {
        self.connection = connection
        self.collections = collections.sorted()
        self.pipeline = pipeline
        var digest = SHA256()
        for name in self.collections { digest.update(BSONValue(name).bytes) }
        for stage in pipeline { digest.update(stage.bytes) }
        fingerprint = hex(digest.finish().prefix(8))
    }

    /// How the events are brought.
    package enum Reading {
        /// Whole batches of whole events.
        case batches
        /// The same, events of more than 16 MB in parts; servers from 6.0.9 on.
        case parts
        /// One event at a time, to find the one that is too large.
        case single
        /// One event without what makes it large: only that the document changed.
        case bare

        package var batchLimit: Int {
            self == .batches || self == .parts ? ChangeStream.batchLimit : 1
        }

        /// Events to read this way before it goes on in batches.
        package var eventLimit: Int {
            switch self {
            case .batches, .parts: .max
            case .single: ChangeStream.batchLimit
            case .bare: 1
            }
        }

        /// MongoDB delivers no event of more than 16 MB. The first attempt tells that there is one among many, the
        /// second stops at it, the third passes it; then it goes on as before.
        package var afterTooLarge: Reading? {
            switch self {
            case .batches, .parts: .single
            case .single: .bare
            case .bare: nil
            }
        }
    }

    /// Opens the stream; the first batch comes at once and tells where it starts.
    ///
    /// - Parameters:
    ///   - isFiltered: whether the server leaves out other collections; see ``ForeignShare``.
    ///   - isTrap: the first event is an error instead; see ``hasEvent(behind:isFiltered:)``.
    package func open(
        _ start: StartPlan.Stream, _ reading: Reading, isFiltered: Bool = true, isTrap: Bool = false,
        with client: borrowing MongoClient
    ) throws(MongoError) -> ServerCursor {
        var command = BSONBuilder()
        command.append(1, forKey: "aggregate")
        command.array("pipeline") { stages in
            stages.document("0") { stage in
                stage.document("$changeStream") { options in
                    // `startAfter` is `resumeAfter` that also takes the token of an invalidation.
                    switch start {
                    case .resume(let token): options.append(token, forKey: "startAfter")
                    case .at(let time): options.append(time, forKey: "startAtOperationTime")
                    case .now: break
                    }
                }
            }
            var count = 1
            if isFiltered {
                stages.document(String(count)) { $0.document("$match") { appendFilter(to: &$0) } }
                count += 1
            }
            for stage in pipeline {
                stages.append(stage, forKey: String(count))
                count += 1
            }
            if isTrap {
                stages.document(String(count)) { stage in
                    stage.document("$addFields") { fields in
                        fields.document("trap") { $0.append("$operationType", forKey: "$toInt") }
                    }
                }
            }
            if reading == .bare {
                stages.document(String(count)) { stage in
                    stage.document("$project") { projection in
                        projection.append(0, forKey: "fullDocument")
                        projection.append(0, forKey: "updateDescription")
                    }
                }
            }
            if reading == .parts {
                stages.document(String(count)) { $0.document("$changeStreamSplitLargeEvent") { _ in } }
            }
        }
        command.document("cursor") { $0.append(0, forKey: "batchSize") }
        return try ServerCursor.open(
            command, on: connection.database, collection: "$cmd.aggregate", with: client,
            operation: "change stream")
    }

    /// A server that was put back from an older state takes a place that is still to come, and brings nothing until then.
    ///
    /// - Parameter present: the cluster's time as the first batch has it.
    /// - Throws: that the history is lost.
    package func requireHistory(upTo start: StartPlan.Stream, _ present: BSONTimestamp?) throws(MongoError) {
        guard let time = start.time, let present, time > present else { return }
        // A majority's time may lag; that of the server's own last write does not.
        guard let newest = try connection.operationTime(), time > newest else { return }
        throw MongoError(
            source: .server, code: 286,
            message:
                "the position is later than the time of the cluster, which was restored from an older state",
            operation: "change stream", namespace: connection.database)
    }

    private func appendFilter(to match: inout BSONBuilder) {
        match.array("$or") { any in
            any.document("0") { Self.append("ns.coll", collections, to: &$0) }
            any.document("1") { Self.append("to.coll", collections, to: &$0) }
            any.document("2") { $0.append("dropDatabase", forKey: "operationType") }
        }
    }

    private static func append(_ field: String, _ names: [String], to condition: inout BSONBuilder) {
        condition.document(field) { condition in
            condition.array("$in") { list in
                for (index, name) in names.enumerated() { list.append(name, forKey: String(index)) }
            }
        }
    }
}

/// What an error of the stream calls for.
package enum StreamFault: Equatable {
    /// Open it again where it was.
    case retry
    /// An event is larger than MongoDB delivers.
    case tooLarge
    /// The history before the present is out of reach: scan everything.
    case historyLost
    /// The server is a standalone one now, without change streams.
    case noStreams
    /// Nothing helps but a person.
    case fatal

    /// Decided by the code and the phase.
    ///
    /// - Parameter opening: where the stream was to be opened; nil when it was open and being read.
    package init(_ error: MongoError, opening: StartPlan.Stream?) {
        // ChangeStreamFatalError, CappedPositionLost, ChangeStreamHistoryLost, and what older servers say.
        let lost: Set<Int> = [136, 280, 286, 464]
        if error.source == .server, lost.contains(error.code), opening != .now {
            self = .historyLost
        } else if error.source == .server, error.code == MongoError.Code.noChangeStreams {
            self = .noStreams
        } else if [MongoError.Code.documentTooLarge, MongoError.Code.partTooLarge].contains(error.code) {
            self = .tooLarge
        } else if error.isTransient || error.labels.contains("ResumableChangeStreamError") {
            self = .retry
        } else if error.source == .server, let opening, opening != .now, !error.isAboutRights {
            // A damaged token has some thirty codes. What is about the pipeline comes again without the token.
            self = .historyLost
        } else {
            self = .fatal
        }
    }
}
