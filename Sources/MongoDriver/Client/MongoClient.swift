import CMongoShim
import MongoBSON

/// One connection to the deployment, borrowed from a ``ClientPool`` by one thread at a time.
package struct MongoClient: ~Copyable {
    let handle: OpaquePointer
    let pool: ClientPool

    /// What libmongoc adds to a command, and whether it retries.
    package enum CommandKind {
        /// Sends the command as it is to the primary.
        case plain
        /// Adds read concern, retries once on a network error.
        case read
        /// Adds the write concern, retries once as a retryable write.
        case write

        var number: Int32 {
            switch self {
            case .plain: Int32(shim_command_plain)
            case .read: Int32(shim_command_read)
            case .write: Int32(shim_command_write)
            }
        }
    }

    /// Runs a command and waits for the answer; blocks.
    ///
    /// - Parameters:
    ///   - options: libmongoc's options, as `{writeConcern: {w: "majority"}}`.
    ///   - server: the server that holds the cursor; 0 lets libmongoc choose.
    ///   - session: a ``ClientSession``'s handle.
    package func run(
        _ command: borrowing BSONBuilder, on database: String, kind: CommandKind = .plain,
        options: BSONDocument? = nil, server: UInt32 = 0, session: OpaquePointer? = nil,
        operation: String, namespace: String? = nil
    ) throws(MongoError) -> Reply {
        let outcome = execute(
            command, on: database, kind: kind, options: options, server: server, session: session)
        guard outcome.done else {
            throw failure(
                MongoError(
                    outcome.error, reply: outcome.reply, operation: operation,
                    namespace: namespace ?? database))
        }
        return outcome.takeReply()
    }

    /// The primary's number in libmongoc's topology; waits for one as long as the URI says.
    package func selectServer(operation: String, namespace: String) throws(MongoError) -> UInt32 {
        var error = shim_error()
        let server = shim_select_server(handle, &error)
        guard server != 0 else {
            throw failure(MongoError(error, operation: operation, namespace: namespace))
        }
        return server
    }

    package func startSession(operation: String, namespace: String) throws(MongoError) -> ClientSession {
        var error = shim_error()
        guard let session = shim_session_new(handle, &error) else {
            throw failure(MongoError(error, operation: operation, namespace: namespace))
        }
        return ClientSession(adopting: session)
    }

    /// Reports the error to the pool, and adds what the pool knows of its cause.
    func failure(_ error: MongoError) -> MongoError {
        switch error.source {
        case .server where error.demandsAPI:
            pool.declareAPI()
            // With another client it works.
            return MongoError(
                source: .network, code: error.code, message: error.message, operation: error.operation,
                namespace: error.namespace)
        case .server: pool.answered()
        case .serverSelection:
            if error.demandsAPI { pool.declareAPI() } else { pool.foundNone() }
            var error = error
            error.advice = pool.finding
            return error
        default: break
        }
        return error
    }
}

extension MongoError {
    /// The server takes no command without `apiVersion`.
    fileprivate var demandsAPI: Bool {
        message.contains("apiVersion parameter is required")
    }
}

extension MongoClient {
    /// A command's end, with the server's reply even when it failed.
    struct Outcome: ~Copyable {
        let done: Bool
        let reply: Reply
        let error: shim_error

        consuming func takeReply() -> Reply {
            reply
        }
    }

    func execute(
        _ command: borrowing BSONBuilder, on database: String, kind: CommandKind, options: BSONDocument?,
        server: UInt32, session: OpaquePointer?
    ) -> Outcome {
        var error = shim_error()
        // shim_command always makes a reply, an empty one where the server sent none.
        var answer = OpaquePointer(bitPattern: 1)!
        let done = command.withBytes { body in
            shim_command(
                handle, database, kind.number, body.baseAddress!.assumingMemoryBound(to: UInt8.self),
                body.count,
                options?.bytes, options?.bytes.count ?? 0, server, session, &answer, &error)
        }
        if done { pool.answered() }
        return Outcome(done: done, reply: Reply(adopting: answer), error: error)
    }
}

/// A logical session: a cursor and all its batches must share one. Must end before its client goes back.
package struct ClientSession: ~Copyable {
    let handle: OpaquePointer

    init(adopting handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        shim_session_free(handle)
    }
}
