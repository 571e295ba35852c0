import CMongoShim
import MongoBSON

extension MongoError {
    /// libmongoc's report together with the server's reply.
    init(_ error: shim_error, reply: borrowing Reply, operation: String, namespace: String) {
        let (labels, codeName) = reply.withView { view in
            (view["errorLabels"]?.nested?.compactMap(\.string) ?? [], view["codeName"]?.string ?? "")
        }
        self.init(error, labels: labels, codeName: codeName, operation: operation, namespace: namespace)
    }

    init(
        _ error: shim_error, labels: [String] = [], codeName: String = "", operation: String,
        namespace: String
    ) {
        var error = error
        let message = withUnsafeBytes(of: &error.message) { raw in
            String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
        // The command that follows is named already.
        let command = error.code == Code.unauthorized ? message.start(of: " to execute command {") : nil
        self.init(
            source: Self.source(domain: error.domain, code: error.code, message: message),
            code: Int(error.code),
            codeName: codeName, message: command.map { String(message[..<$0]) } ?? message, labels: labels,
            operation: operation, namespace: namespace)
    }

    private static func source(domain: UInt32, code: UInt32, message: String) -> Source {
        switch domain {
        // Applied, and not known to last: the codes are the server's.
        case shim_domain_server, shim_domain_write_concern: return .server
        case shim_domain_stream: return .network
        case shim_domain_server_selection:
            // libmongoc reports a refused log-in as a server that cannot be selected.
            guard message.contains("uthentication") else { return .serverSelection }
            return isBroken(message) ? .serverSelection : .authentication
        case shim_domain_client:
            // MONGOC_ERROR_CLIENT_AUTHENTICATE; the connection may break while it logs in, too.
            guard code == 11 else {
                // A member of a replica set that is not initiated, or not yet.
                return message.contains("does not support sessions") ? .network : .client
            }
            return isBroken(message) ? .network : .authentication
        default: return .client
        }
    }

    /// The connection broke during the log-in, which nobody refused.
    private static func isBroken(_ message: String) -> Bool {
        ["Failure during socket delivery", "socket error or timeout", "Failed to buffer"].contains {
            message.contains($0)
        }
    }
}

extension String {
    fileprivate func start(of text: String) -> Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}
