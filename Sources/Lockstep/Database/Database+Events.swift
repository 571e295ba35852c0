extension Database {
    /// Hands on every change event of a collection, until the task is cancelled: as the server sends it, put together
    /// where it came in parts. Where the server has no parts, an event of more than 16 MB comes without its values, and
    /// says so by a field `withoutValues`.
    ///
    /// - Throws: ``MongoError`` when the stream cannot be followed; code 40573 on a standalone server.
    package func events(
        on collection: Collection, _ body: @Sendable @escaping (BSONDocument) -> Void
    ) async throws {
        let connection = connection
        let stream = ChangeStream(connection: connection, collections: [collection.name], pipeline: [])
        try await threads.run {
            var events = EventReader(stream: stream)
            while !Task.isCancelled { try events.read(body) }
        }
    }
}

/// Reads a stream as it comes, for those who only look.
private struct EventReader {
    let stream: ChangeStream
    private var from = StartPlan.Stream.now
    /// How it is read when nothing is in the way.
    private var usual = ChangeStream.Reading.parts
    private var reading = ChangeStream.Reading.parts
    private var split = SplitEvent()
    private var backoff = Backoff()

    init(stream: ChangeStream) {
        self.stream = stream
    }

    /// Reads until the task is cancelled or the stream must be opened anew. Blocks.
    mutating func read(_ body: (BSONDocument) -> Void) throws {
        do {
            try follow(body)
            reading = usual
        } catch let error as MongoError where error.code == MongoError.Code.unknownStage && usual == .parts {
            (usual, reading) = (.batches, .batches)
        } catch let error as MongoError {
            switch StreamFault(error, opening: nil) {
            case .tooLarge:
                guard let next = reading.afterTooLarge else { throw error }
                reading = next
            case .retry where from != .now: blockThread(seconds: backoff.next())
            default: throw error
            }
        }
    }

    private mutating func follow(_ body: (BSONDocument) -> Void) throws {
        let lent = stream.connection.pool.borrow()
        var cursor = try stream.open(from, reading, with: lent.client)
        var left = reading.eventLimit
        while !Task.isCancelled, left > 0,
            let batch = try cursor.next(
                with: lent.client, limit: reading.batchLimit, patience: ChangeStream.patience)
        {
            batch.forEach { view in
                left -= 1
                guard let event = split.take(BSONDocument(trusted: Array(view.bytes))) else { return }
                body(reading == .bare ? event.withoutValues : event)
            }
            if let token = batch.resumeToken { from = .resume(token) }
            backoff.reset()
        }
        cursor.close(with: lent.client)
    }
}

extension BSONDocument {
    fileprivate var withoutValues: BSONDocument {
        var builder = BSONBuilder()
        builder.append(elementsOf: self)
        builder.append(true, forKey: "withoutValues")
        return builder.finish()
    }
}
