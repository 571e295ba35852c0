extension Database {
    /// Hands on every change event of a collection as the server sends it, until the task is cancelled.
    ///
    /// - Throws: ``MongoError`` when the stream cannot be followed; code 40573 on a standalone server.
    package func events(
        on collection: Collection, _ body: @Sendable @escaping (BSONDocument) -> Void
    ) async throws {
        let connection = connection
        let stream = ChangeStream(connection: connection, collections: [collection.name], pipeline: [])
        try await threads.run {
            var from = StartPlan.Stream.now
            var backoff = Backoff()
            while !Task.isCancelled {
                do {
                    let lent = connection.pool.borrow()
                    var cursor = try stream.open(from, .batches, with: lent.client)
                    while !Task.isCancelled,
                        let batch = try cursor.next(with: lent.client, patience: ChangeStream.patience)
                    {
                        batch.forEach { body(BSONDocument(trusted: Array($0.bytes))) }
                        if let token = batch.resumeToken { from = .resume(token) }
                        backoff.reset()
                    }
                    cursor.close(with: lent.client)
                } catch let error as MongoError
                    where StreamFault(error, opening: nil) == .retry && from != .now
                {
                    blockThread(seconds: backoff.next())
                }
            }
        }
    }
}
