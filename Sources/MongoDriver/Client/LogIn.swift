/// Who logs in by a URI; for messages.
package struct LogIn: Sendable {
    /// The user's name, or the subject of the certificate; nil when nobody logs in.
    package let user: String?
    /// The database whose users are asked.
    package let source: String
    package let isByCertificate: Bool

    package init?(uri: String) {
        guard let options = URIOptions(uri) else { return nil }
        isByCertificate = options.isX509
        user = options.username ?? (options.isX509 ? options.ownCertificate?.subject : nil)
        source = options.isX509 ? "$external" : options.authSource ?? "admin"
    }
}
