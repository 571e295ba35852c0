import MongoBSON

/// The rule for an option of a connection string.
struct URIRule {
    enum Use {
        /// libmongoc gets it.
        case passed(Value)
        /// Lockstep decides it itself, with each command or for all of them: it is taken, and means nothing here.
        case decided
        /// It cannot be done; the text is to be read behind the option's name.
        case refused(String)
    }

    enum Value {
        case text
        case flag
        /// Zero is libmongoc's own default.
        case milliseconds(least: Int)
        case number(ClosedRange<Int>)
        case compressors
    }

    /// As it is written.
    let name: String
    let use: Use

    var isPassed: Bool {
        if case .passed = use { true } else { false }
    }

    /// Nil for a name that is none.
    static func of(_ name: some StringProtocol) -> URIRule? {
        byName[name.lowercased()]
    }

    static let all: [URIRule] =
        rules(
            .passed(.text), "replicaSet", "appName", "authSource", "authMechanism", "authMechanismProperties",
            "gssapiServiceName", "srvServiceName", "tlsCAFile", "tlsCertificateKeyFile",
            "tlsCertificateKeyFilePassword", "sslCertificateAuthorityFile", "sslClientCertificateKeyFile",
            "sslClientCertificateKeyPassword")
        + rules(
            .passed(.flag), "directConnection", "loadBalanced", "retryReads", "retryWrites",
            "canonicalizeHostname", "tls", "ssl", "tlsInsecure", "tlsAllowInvalidCertificates",
            "tlsAllowInvalidHostnames", "tlsDisableOCSPEndpointCheck", "tlsDisableCertificateRevocationCheck",
            "sslAllowInvalidCertificates", "sslAllowInvalidHostnames")
        + rules(.passed(.milliseconds(least: 1)), "connectTimeoutMS", "serverSelectionTimeoutMS")
        // The change stream alone waits a quarter of a second for an event.
        + rules(.passed(.milliseconds(least: 1000)), "socketTimeoutMS")
        + rules(.passed(.milliseconds(least: 500)), "heartbeatFrequencyMS")
        + rules(.passed(.number(0...60_000)), "localThresholdMS")
        + rules(.passed(.number(0...1000)), "srvMaxHosts")
        + rules(.passed(.number(-1...9)), "zlibCompressionLevel")
        + rules(.passed(.compressors), "compressors")
        + rules(
            .decided, "readConcernLevel", "readPreference", "readPreferenceTags", "maxStalenessSeconds", "w",
            "wtimeoutMS", "wtimeout", "journal", "safe", "slaveOk", "fsync", "maxPoolSize", "minPoolSize",
            "maxIdleTimeMS", "maxConnecting", "waitQueueMultiple", "waitQueueTimeoutMS",
            "serverSelectionTryOnce", "socketCheckIntervalMS", "serverMonitoringMode", "timeoutMS",
            "uuidRepresentation", "retryAttempts")
        + rules(
            .refused("is not possible here: Lockstep reaches MongoDB without a SOCKS5 proxy. Take it out"),
            "proxyHost", "proxyPort", "proxyUsername", "proxyPassword")
        + rules(
            .refused(
                "is none of a connection string. Take it out: where the server demands it, it is declared"),
            "apiVersion", "apiStrict", "apiDeprecationErrors", "requireApiVersion")

    private static func rules(_ use: Use, _ names: String...) -> [URIRule] {
        names.map { URIRule(name: $0, use: use) }
    }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name.lowercased(), $0) })
}

extension URIRule {
    /// What is wrong with the options, in words. No value is shown: it may be a secret.
    static func problems(_ options: [URIOption]) -> [String] {
        var isBehindSecret = false
        return options.compactMap { option in
            defer { isBehindSecret = option.isSecret || (isBehindSecret && of(option.name) == nil) }
            return problem(option, mayBeValue: isBehindSecret)
        }
    }

    /// - Parameter mayBeValue: it may be a piece of the value before it, with a bare `&`.
    private static func problem(_ option: URIOption, mayBeValue: Bool) -> String? {
        guard let rule = of(option.name) else {
            guard option.value != nil, !mayBeValue, option.name.allSatisfy(\.isLetter) else {
                return "an option is none, or has no `=`: write %26 for an & within a value"
            }
            let near = suggestion(for: String(option.name), among: all.map(\.name))
            return
                "`\(option.name)` is no option that is known here: \(near.map { "did you mean `\($0)`?" } ?? "take it out")"
        }
        switch rule.use {
        case .refused(let reason): return "`\(rule.name)` \(reason)"
        case .decided: return nil
        case .passed(let value):
            guard let encoded = option.value else {
                return "`\(rule.name)` has no value: write `\(rule.name)=…`"
            }
            guard let text = percentDecoded(encoded) else {
                return "the value of `\(rule.name)` must be percent-encoded: write %25 for %"
            }
            return value.problem(text).map { "`\(rule.name)` must be \($0)" }
        }
    }
}

extension URIRule.Value {
    /// What the value must be, to be read behind "must be"; nil when it is.
    func problem(_ text: String) -> String? {
        switch self {
        case .text: text.isEmpty ? "a text that is not empty" : nil
        case .flag: ["true", "false"].contains(text) ? nil : "`true` or `false`"
        case .milliseconds(let least):
            Int32(text).map { $0 == 0 || $0 >= least } ?? false
                ? nil : "a number of milliseconds, at least \(least)"
        case .number(let range):
            Int(text).map(range.contains) ?? false
                ? nil : "a number from \(range.lowerBound) to \(range.upperBound)"
        case .compressors:
            text.split(separator: ",").allSatisfy { ["snappy", "zlib", "zstd"].contains($0) } && !text.isEmpty
                ? nil : "of `snappy`, `zlib` and `zstd`"
        }
    }
}
