import CMongoShim

/// Why TLS fails with a server of this URI, as `127.0.0.1:27017 …`; nil when TLS is not the reason.
///
/// Asks each server once more after a failure, without libmongoc, which does not say. Blocks, for seconds where a server
/// does not answer.
package func tlsProblem(uri: String) -> String? {
    guard let options = URIOptions(uri) else { return nil }
    for host in options.hosts where !host.name.hasPrefix("/") {
        if let problem = TLSProbe(host: host.name, port: host.port).problem(options) {
            return "\(host.name):\(host.port) \(problem.text)"
        }
    }
    return nil
}

/// Asks one server.
struct TLSProbe {
    let host: String
    let port: UInt16

    private static let milliseconds: Int32 = 2000

    func problem(_ options: borrowing URIOptions) -> TLSProblem? {
        guard options.hasTLS else {
            guard plain() == shim_probe_closed else { return nil }
            let end = secure(options).end
            return end == shim_probe_closed || end == shim_probe_unreachable ? nil : .serverWantsTLS
        }
        let (end, report) = secure(options)
        switch end {
        case shim_probe_objected:
            return TLSProblem(
                objection: report.code, reason: textInC(report.text), depth: report.depth,
                Certificate(report.certificate), host: host, caFile: options.caFile)
        case shim_probe_closed:
            if plain() == shim_probe_answered { return .serverHasNoTLS }
            let reason = textInC(report.text)
            return ownCertificateProblem(options) ?? (reason.isEmpty ? nil : .handshakeFailed(reason))
        case shim_probe_closed_later:
            guard let file = options.keyFile else { return .serverWantsCertificate }
            return ownCertificateProblem(options)
                ?? options.ownCertificate.map { .ownCertificateRefused($0, file: file) }
        default: return nil
        }
    }

    private func ownCertificateProblem(_ options: borrowing URIOptions) -> TLSProblem? {
        guard let file = options.keyFile, let own = options.ownCertificate, own.isExpired else { return nil }
        return .ownCertificateExpired(own, file: file)
    }

    private func plain() -> Int {
        Int(shim_probe_plain(host, port, Self.milliseconds))
    }

    private func secure(_ options: borrowing URIOptions) -> (end: Int, report: shim_tls_report) {
        var report = shim_tls_report()
        let end = withCString(options.caFile) { caFile in
            withCString(options.keyFile) { keyFile in
                withCString(options.keyFilePassword) { password in
                    let given = shim_tls_options(
                        ca_file: caFile, key_file: keyFile, key_password: password,
                        check_certificate: options.hasTLS && options.checksCertificates,
                        check_host: options.hasTLS && options.checksHosts)
                    return shim_probe_tls(host, port, [given], Self.milliseconds, &report)
                }
            }
        }
        return (Int(end), report)
    }
}

private func withCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return text.withCString(body)
}
