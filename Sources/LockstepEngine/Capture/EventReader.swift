import LockstepCore
import MongoBSON

/// Reads the events of a stream for callers that only observe.
package struct EventReader {
    package let stream: ChangeStream
    private var from = StartPlan.Stream.now
    /// The options for a stream that is read without errors.
    private var usual = ChangeStream.Reading.parts
    private var reading = ChangeStream.Reading.parts
    private var split = SplitEvent()
    private var backoff = Backoff()

    package init(stream: ChangeStream) {
        self.stream = stream
    }

    /// Reads until the task is cancelled or the stream must be opened anew. Blocks.
    package mutating func read(_ body: (BSONDocument) -> Void) throws {
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
