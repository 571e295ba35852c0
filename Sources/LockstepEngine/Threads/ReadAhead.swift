import MongoBSON
import MongoDriver

/// Reads a cursor batch by batch. While they come large, the next one is fetched on a thread of its own during the
/// work on the last; small ones are not worth the way to another thread.
package final class ReadAhead: @unchecked Sendable {
    /// Which thread may use the cursor; nothing else guards it.
    private enum Turn {
        case reader
        case fetcher(limit: Int, patience: Int?)
        case over
    }

    private let turn = Monitor(Turn.reader)
    private var isAhead = false
    private var hasThread = false
    // The cursor stands before the client, so that it is released first.
    private var cursor: ServerCursor?
    private var fetched: CursorBatch?
    private var failure: MongoError?
    private let lent: ClientLoan

    /// Bytes of a batch from which on the next one is fetched ahead.
    private static let largeBatch = 64 << 10

    private init(_ lent: consuming ClientLoan, _ cursor: consuming ServerCursor) {
        self.lent = lent
        self.cursor = consume cursor
    }

    /// Opens a cursor with a client of its own.
    package static func open(
        _ connection: Connection, _ body: (borrowing MongoClient) throws(MongoError) -> ServerCursor
    ) throws(MongoError) -> ReadAhead {
        let lent = connection.pool.borrow()
        let cursor = try body(lent.client)
        return ReadAhead(lent, cursor)
    }

    /// The next batch; nil when the cursor is at its end. Blocks; for one thread.
    package func next(limit: Int, patience: Int? = nil) throws(MongoError) -> CursorBatch? {
        if isAhead { waitForFetcher() } else { fetch(limit, patience) }
        if let failure { throw failure }
        guard let batch = fetched.take() else { return nil }
        if batch.bytes >= Self.largeBatch { goAhead(limit, patience) }
        return batch
    }

    /// Frees the cursor. Without it a thread may stay behind.
    package func close() {
        if isAhead { waitForFetcher() }
        turn.signalling { $0 = .over }
        fetched = nil
        // After an error there is no caller to report to, or nothing to free.
        if failure == nil { cursor.take()?.close(with: lent.client) } else { cursor = nil }
    }

    private func fetch(_ limit: Int, _ patience: Int?) {
        do throws(MongoError) {
            fetched = try cursor?.next(with: lent.client, limit: limit, patience: patience)
        } catch {
            failure = error
        }
    }

    private func goAhead(_ limit: Int, _ patience: Int?) {
        isAhead = true
        turn.signalling { $0 = .fetcher(limit: limit, patience: patience) }
        guard !hasThread else { return }
        hasThread = true
        startNamedThread("lockstep-ahead") { [self] in
            while let (limit, patience) = nextTurn() {
                fetch(limit, patience)
                turn.signalling { $0 = .reader }
            }
        }
    }

    /// Nil when it is over.
    private func nextTurn() -> (Int, Int?)? {
        turn.wait { turn -> (Int, Int?)?? in
            switch turn {
            case .reader: nil
            case .fetcher(let limit, let patience): .some((limit, patience))
            case .over: .some(nil)
            }
        }
    }

    private func waitForFetcher() {
        isAhead = false
        turn.wait { if case .reader = $0 { () } else { nil } }
    }
}
