/// Why TLS fails with a server.
enum TLSProblem: Equatable {
    /// The authority that signed the certificate is not a trusted one.
    case untrusted(reason: String, caFile: String?)
    /// `isServers`: the server's own certificate, not one of an authority above it.
    case expired(Certificate, isServers: Bool)
    case early(Certificate)
    case otherHost(host: String, Certificate)
    /// OpenSSL's words.
    case objection(String)
    case handshakeFailed(String)
    case serverHasNoTLS
    case serverWantsTLS
    case serverWantsCertificate
    case ownCertificateExpired(Certificate, file: String)
    case ownCertificateRefused(Certificate, file: String)
}

extension TLSProblem {
    /// To be read after the name of the server.
    var text: String {
        switch self {
        case .untrusted(let reason, nil):
            "shows a certificate that is not trusted (\(reason)). Name the file with the certificate of the authority that signed it: `tlsCAFile=/path/ca.pem` in `mongodb.uri`."
        case .untrusted(let reason, let file?):
            "shows a certificate that is not trusted (\(reason)). Put the certificate of the authority that signed it into `\(file)`, which `tlsCAFile` names."
        case .expired(let certificate, isServers: true):
            "shows a certificate that expired on \(certificate.until) (`\(certificate.subject)`). Renew it on the server."
        case .expired(let certificate, isServers: false):
            "shows a certificate of an authority whose own one expired on \(certificate.until) (`\(certificate.subject)`). Renew that."
        case .early(let certificate):
            "shows a certificate that is valid from \(certificate.from) on (`\(certificate.subject)`). Is the clock of this machine right?"
        case .otherHost(let host, let certificate):
            "shows a certificate that is not for `\(host)`\(certificate.names.isEmpty ? "" : ", but for \(certificate.names)"). Write a name of the certificate into `mongodb.uri`, or renew it with this one."
        case .objection(let reason): "shows a certificate that is refused: \(reason)."
        case .handshakeFailed(let reason): "does not come to terms about TLS: \(reason)."
        case .serverHasNoTLS:
            "does not speak TLS. Take the TLS options out of `mongodb.uri`, or turn TLS on there."
        case .serverWantsTLS: "takes no connections without TLS. Add `tls=true` to `mongodb.uri`."
        case .serverWantsCertificate:
            "ends the connection after the TLS handshake: it wants a certificate of the client. Name one: `tlsCertificateKeyFile=/path/client.pem` in `mongodb.uri`."
        case .ownCertificateExpired(let certificate, let file):
            "refuses the certificate in `\(file)`, which expired on \(certificate.until) (`\(certificate.subject)`). Renew it."
        case .ownCertificateRefused(let certificate, let file):
            "ends the connection after it has seen the certificate in `\(file)` (`\(certificate.subject)`). Is it signed by an authority that the server trusts?"
        }
    }

    // OpenSSL's codes, X509_V_ERR_…
    init(
        objection code: Int32, reason: String, depth: Int32, _ certificate: Certificate, host: String,
        caFile: String?
    ) {
        switch code {
        case 9: self = .early(certificate)
        case 10: self = .expired(certificate, isServers: depth == 0)
        case 62, 64: self = .otherHost(host: host, certificate)
        case 2, 18, 19, 20, 21: self = .untrusted(reason: reason, caFile: caFile)
        default: self = .objection(reason)
        }
    }
}
