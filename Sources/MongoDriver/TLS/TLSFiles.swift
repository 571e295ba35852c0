import CMongoShim
import Glibc

/// What a certificate holds.
struct Certificate: Equatable {
    /// As MongoDB names the user of a client's certificate.
    var subject: String
    /// The hosts of the certificate; empty when it names none.
    var names: String
    /// `2026-01-31`
    var from: String
    var until: String
    var isEarly: Bool
    var isExpired: Bool

    init(_ certificate: shim_certificate) {
        subject = textInC(certificate.subject)
        names = textInC(certificate.names)
        from = textInC(certificate.from)
        until = textInC(certificate.until)
        isEarly = certificate.is_early
        isExpired = certificate.is_expired
    }
}

/// The text in a C array, which Swift sees as a tuple.
func textInC<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

extension URIOptions {
    /// Reads the client's own certificate, where the URI names one.
    var ownCertificate: Certificate? {
        guard let keyFile else { return nil }
        var certificate = shim_certificate()
        var reason: Int32 = 0
        _ = shim_tls_key_file(keyFile, keyFilePassword, &certificate, &reason)
        let found = Certificate(certificate)
        return found.until.isEmpty ? nil : found
    }

    /// Why the files that the URI names cannot be used; nil when they can.
    ///
    /// Read before libmongoc reads them, which would try for seconds, and ask for a password at the terminal.
    var fileProblem: String? {
        guard hasTLS else { return nil }
        if let caFile, let problem = problem(ofAuthorities: caFile) { return problem }
        return keyFile.flatMap { problem(ofKey: $0) }
    }

    private func problem(ofAuthorities file: String) -> String? {
        var reason: Int32 = 0
        switch shim_tls_ca_file(file, &reason) {
        case Int32(shim_file_good): return nil
        case Int32(shim_file_unreadable):
            return "`\(file)`, which `tlsCAFile` names, cannot be read: \(errorText(reason))"
        default:
            return
                "`\(file)`, which `tlsCAFile` names, holds no certificate: it must hold those of the authorities to trust, as PEM"
        }
    }

    private func problem(ofKey file: String) -> String? {
        var certificate = shim_certificate()
        var reason: Int32 = 0
        let what: String
        switch shim_tls_key_file(file, keyFilePassword, &certificate, &reason) {
        case Int32(shim_file_good): return nil
        case Int32(shim_file_unreadable): what = "cannot be read: \(errorText(reason))"
        case Int32(shim_file_has_no_certificate):
            what = "holds no certificate: it must hold the client's certificate and its private key, as PEM"
        case Int32(shim_file_has_no_key):
            what = "holds a certificate but no private key: both must stand in this one file, as PEM"
        case Int32(shim_file_needs_password):
            what =
                "holds an encrypted private key: write its password into `tlsCertificateKeyFilePassword`"
        case Int32(shim_file_wrong_password):
            what = "holds a private key that `tlsCertificateKeyFilePassword` does not open"
        default: what = "holds a private key that does not belong to its first certificate"
        }
        return "`\(file)`, which `tlsCertificateKeyFile` names, \(what)"
    }
}

private func errorText(_ number: Int32) -> String {
    String(cString: strerror(number))
}
