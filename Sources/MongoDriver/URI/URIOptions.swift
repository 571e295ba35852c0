import CMongoShim

/// A connection string, as libmongoc reads it.
struct URIOptions: ~Copyable {
    private let handle: OpaquePointer

    /// Nil when libmongoc cannot read it.
    init?(_ uri: String) {
        startLibrary()
        // libmongoc quotes values that it does not like.
        DriverLog.hide(secrets(ofURI: uri))
        // libmongoc complains of options that it does not know, which others do.
        let text = uriProblems(uri).isEmpty ? URIParts(uri)?.forDriver : nil
        guard let handle = shim_uri_new(text ?? uri) else { return nil }
        self.handle = handle
    }

    deinit {
        shim_uri_free(handle)
    }

    var hasTLS: Bool { shim_uri_has_tls(handle) }
    var database: String? { shim_uri_database(handle).map { String(cString: $0) } }
    var username: String? { shim_uri_username(handle).map { String(cString: $0) } }
    var authSource: String? { shim_uri_auth_source(handle).map { String(cString: $0) } }
    var authMechanism: String? { shim_uri_auth_mechanism(handle).map { String(cString: $0) } }

    /// False where it does not say.
    func flag(_ option: String) -> Bool {
        shim_uri_flag(handle, option)
    }

    func text(_ option: String) -> String? {
        shim_uri_text(handle, option).map { String(cString: $0) }
    }

    /// None for `mongodb+srv`, whose hosts DNS knows.
    var hosts: [(name: String, port: UInt16)] {
        var hosts: [(String, UInt16)] = []
        var port: UInt16 = 0
        while let name = shim_uri_host(handle, hosts.count, &port) {
            hosts.append((String(cString: name), port))
        }
        return hosts
    }
}

extension URIOptions {
    var caFile: String? { text("tlscafile") }
    var keyFile: String? { text("tlscertificatekeyfile") }
    var keyFilePassword: String? { text("tlscertificatekeyfilepassword") }
    var isX509: Bool { authMechanism?.uppercased() == "MONGODB-X509" }

    var checksCertificates: Bool {
        !flag("tlsinsecure") && !flag("tlsallowinvalidcertificates")
    }

    var checksHosts: Bool {
        checksCertificates && !flag("tlsallowinvalidhostnames")
    }
}
