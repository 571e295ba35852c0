import CMongoShim
import MongoBSON

/// What a pool is made from.
struct PoolSource: Sendable {
    let uri: String
    let redactedURI: String
    let parts: URIParts
    let application: String
    let maximum: Int

    /// Reads the files that the URI names.
    ///
    /// - Throws: what is wrong with the URI or with a file. libmongoc ends the process where a log-in is not complete,
    ///   so that the check comes first.
    static func checked(uri: String, application: String, maximum: Int) throws(MongoError) -> PoolSource {
        let redactedURI = redacted(uri: uri)
        let problems = uriProblems(uri)
        guard problems.isEmpty, let parts = URIParts(uri) else {
            throw MongoError(
                source: .uri, code: 0, message: problems.joined(separator: "; "), operation: "connect",
                namespace: redactedURI)
        }
        if let options = URIOptions(uri), let problem = options.fileProblem {
            throw MongoError(
                source: .tls, code: 0, message: problem, operation: "connect", namespace: redactedURI)
        }
        return PoolSource(
            uri: uri, redactedURI: redactedURI, parts: parts, application: application, maximum: maximum)
    }
}

/// One of libmongoc's pools; lives until its last client is back.
final class PoolHandle: Sendable {
    // libmongoc's pool is thread-safe.
    nonisolated(unsafe) private let handle: OpaquePointer

    private init(adopting handle: OpaquePointer) {
        self.handle = handle
    }

    /// Makes a pool; asks DNS where the URI is `mongodb+srv`.
    static func open(_ source: PoolSource, declaresAPI: Bool) throws(MongoError) -> PoolHandle {
        startLibrary()
        var error = shim_error()
        guard
            let pool = shim_pool_new(
                source.parts.forDriver, source.application, UInt32(source.maximum), declaresAPI, &error)
        else {
            // libmongoc quotes values of options.
            let reason = MongoError(error, operation: "connect", namespace: source.redactedURI)
            throw MongoError(
                source: reason.source, code: reason.code,
                message: reason.message.hiding(secrets(ofURI: source.uri)), operation: "connect",
                namespace: source.redactedURI)
        }
        return PoolHandle(adopting: pool)
    }

    deinit {
        shim_pool_free(handle)
    }

    func pop() -> OpaquePointer {
        shim_pool_pop(handle)
    }

    func giveBack(_ client: OpaquePointer) {
        shim_pool_push(handle, client)
    }
}
