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
        redactedURI = redacted(uri: uri)
        if let options = URIOptions(uri), let problem = options.fileProblem {
            throw MongoError(
                source: .tls, code: 0, message: problem, operation: "connect", namespace: redactedURI)
        }
        var error = shim_error()
        guard let pool = shim_pool_new(uri, application, UInt32(maximum), &error) else {
            throw Self.refusal(error, uri: uri, namespace: redactedURI)
        }
        handle = pool
    }

    deinit {
        shim_pool_free(handle)
    }

    /// libmongoc quotes a password that is not percent-encoded, and values of options.
    private static func refusal(_ error: shim_error, uri: String, namespace: String) -> MongoError {
        let reason = MongoError(error, operation: "connect", namespace: namespace)
        let beginnings = ["Username", "Password", "Incorrect URI escapes", "Invalid username or password"]
        let isAboutTheUser = beginnings.contains { reason.message.hasPrefix($0) }
        let message =
            isAboutTheUser
            ? "the user name and the password in the URI must be percent-encoded"
            : reason.message.hiding(secrets(ofURI: uri))
        return MongoError(
            source: reason.source, code: reason.code, message: message, operation: "connect",
            namespace: namespace)
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
