import CMongoShim

/// What a log-in needs, by its mechanism. libmongoc does not check it, and ends the process where something is missing.
struct LogInRule {
    var user: String?
    var password: String?
    var mechanism: String?
    var source: String?
    var properties: String?
    var isSRV = false
    /// What `tls` or `ssl` says, if they say it.
    var tls: Bool?
    var hasKeyFile = false

    /// What this libmongoc was built with.
    var hasGSSAPI = shim_has_gssapi
    var hasAWS = shim_has_aws

    /// What is missing for the mechanism, without values; nil when nothing is.
    var problem: String? {
        if let user, user.isEmpty, mechanism?.uppercased() != "MONGODB-AWS" {
            return
                "there is an `@` without a user name before it: write `mongodb://<user>:<password>@…`, or take it out"
        }
        if let problem = sourceProblem ?? propertiesProblem { return problem }
        switch mechanism?.uppercased() {
        case nil: return user == nil ? nil : passwordProblem("a user name")
        case "SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN":
            guard user != nil else {
                return needs("a user name and a password: `mongodb://<user>:<password>@…`")
            }
            return passwordProblem("`authMechanism=\(mechanismName)`")
        case "MONGODB-X509": return certificateProblem
        case "MONGODB-AWS": return accessKeyProblem
        case "GSSAPI":
            guard hasGSSAPI else {
                return needs("a libmongoc that was built with SASL, which this one was not")
            }
            return user == nil ? needs("a user name: `mongodb://<user>%40<REALM>@…`") : nil
        case "MONGODB-CR": return "`authMechanism=MONGODB-CR` is gone from MongoDB since 4.0: take it out"
        default:
            return
                "`authMechanism` is none that is known here: write SCRAM-SHA-256, SCRAM-SHA-1, MONGODB-X509, PLAIN, MONGODB-AWS or GSSAPI, or take it out"
        }
    }

    private func passwordProblem(_ what: String) -> String? {
        if password == nil { return "\(what) needs a password: write `mongodb://<user>:<password>@…`" }
        return password?.isEmpty == true
            ? "the password is empty, which MongoDB does not have: write `mongodb://<user>:<password>@…`"
            : nil
    }

    private var certificateProblem: String? {
        if tls == false { return needs("TLS: take `tls=false` out") }
        guard hasKeyFile else { return needs("a certificate: add `tlsCertificateKeyFile=/path/client.pem`") }
        return password == nil
            ? nil
            : "`authMechanism=MONGODB-X509` takes no password: the certificate is what logs in. Take it out"
    }

    private var accessKeyProblem: String? {
        guard hasAWS else { return needs("a libmongoc that was built for it, which this one was not") }
        let hasKey = !(user ?? "").isEmpty
        let hasSecret = !(password ?? "").isEmpty
        if hasKey != hasSecret {
            return needs("both the access key and its secret, as `mongodb://<key>:<secret>@…`, or neither")
        }
        let hasToken = properties?.uppercased().contains("AWS_SESSION_TOKEN:") ?? false
        return hasToken && !hasKey ? needs("the access key and its secret beside the session token") : nil
    }

    private var sourceProblem: String? {
        guard let source else { return nil }
        let isExternal = source == "$external"
        if !isExternal, ["MONGODB-X509", "GSSAPI"].contains(mechanism?.uppercased()) {
            return "`authMechanism=\(mechanismName)` has its users in `$external`: take `authSource` out"
        }
        let isName =
            !source.isEmpty && source.utf8.count <= 63 && !source.contains { "/\\. \"$".contains($0) }
        return isExternal || isName ? nil : "`authSource` must be the name of a database"
    }

    private var propertiesProblem: String? {
        guard let properties else { return nil }
        let names = ["SERVICE_NAME", "SERVICE_REALM", "CANONICALIZE_HOST_NAME", "AWS_SESSION_TOKEN"]
        let isGood = properties.split(separator: ",", omittingEmptySubsequences: false).allSatisfy {
            property in
            let (name, value) = property.cut(at: ":")
            return names.contains(name.uppercased()) && !(value ?? "").isEmpty
        }
        return isGood
            ? nil
            : "`authMechanismProperties` must be of the form `NAME:value,NAME:value` with the names \(names.joined(separator: ", "))"
    }

    private func needs(_ what: String) -> String {
        "`authMechanism=\(mechanismName)` needs \(what)"
    }

    private var mechanismName: String {
        mechanism?.uppercased() ?? ""
    }
}

extension LogInRule {
    init(_ parts: URIParts) {
        user = parts.user.map { percentDecoded($0) ?? "" }
        password = parts.password.map { percentDecoded($0) ?? "" }
        mechanism = parts.value("authMechanism")
        source = parts.value("authSource")
        properties = parts.value("authMechanismProperties")
        isSRV = parts.isSRV
        tls = (parts.value("tls") ?? parts.value("ssl")).map { $0 == "true" }
        hasKeyFile =
            parts.value("tlsCertificateKeyFile") != nil || parts.value("sslClientCertificateKeyFile") != nil
    }
}
