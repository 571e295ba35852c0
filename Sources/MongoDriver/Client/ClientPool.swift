import CMongoShim

/// Connections to one deployment, shared by threads.
///
/// libmongoc's single client tries a server once and gives up; pooled clients wait and recover, so that
/// everything goes through a pool.
package final class ClientPool: Sendable {
    // libmongoc's pool is thread-safe.
    nonisolated(unsafe) private let handle: OpaquePointer
    /// The URI with its password replaced by `***`.
    package let redactedURI: String

    /// - Parameter maximum: connections at most; a borrower beyond waits.
    package init(uri: String, application: String, maximum: Int) throws(MongoError) {
        startLibrary()
        var error = shim_error()
        redactedURI = redacted(uri: uri)
        guard let pool = shim_pool_new(uri, application, UInt32(maximum), &error) else {
            let reason = MongoError(error, operation: "connect", namespace: redactedURI)
            // libmongoc quotes a password that is not percent-encoded.
            guard reason.message.contains("ssword") || reason.message.contains("sername") else {
                throw reason
            }
            throw MongoError(
                source: .client, code: reason.code,
                message: "the user name and the password in the URI must be percent-encoded",
                operation: "connect", namespace: redactedURI)
        }
        handle = pool
    }

    deinit {
        shim_pool_free(handle)
    }

    /// Lends a client until the loan ends; blocks while all are out.
    package func borrow() -> ClientLoan {
        ClientLoan(client: MongoClient(handle: shim_pool_pop(handle)), pool: self)
    }

    fileprivate func giveBack(_ client: OpaquePointer) {
        shim_pool_push(handle, client)
    }
}

/// A client out of its pool; goes back when the loan ends.
package struct ClientLoan: ~Copyable {
    package let client: MongoClient
    private let pool: ClientPool

    fileprivate init(client: consuming MongoClient, pool: ClientPool) {
        self.client = client
        self.pool = pool
    }

    deinit {
        pool.giveBack(client.handle)
    }
}
