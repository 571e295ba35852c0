/// The log-in of a URI, for messages.
package struct LogIn: Sendable {
    /// The user's name, or the subject of the certificate; nil when nobody logs in.
    package let user: String?
    /// The database that the user belongs to.
    package let source: String
    package let isByCertificate: Bool

    /// Reads the certificate that the URI names, if it names one. Nil when the URI cannot be read.
    package static func reading(uri: String) -> LogIn? {
        guard let options = URIOptions(uri) else { return nil }
        return LogIn(
            user: options.username ?? (options.isX509 ? options.ownCertificate?.subject : nil),
            source: options.isX509 ? "$external" : options.authSource ?? "admin",
            isByCertificate: options.isX509)
    }
}
