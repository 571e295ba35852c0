import LockstepReading

/// Reads `server`.
enum ServerReader {
    /// A token that is guessed in less than the age of the universe is none.
    private static let leastToken = 16

    /// - Returns: nil for `server: off`.
    static func read(_ node: YAMLNode, problems: inout Problems) -> Configuration.ServerSpec? {
        if case .scalar(let scalar) = node.content {
            if node.isOff { return nil }
            if ["on", "true", "yes"].contains(scalar.text.lowercased()) { return .init() }
            problems.add(
                node.line, "`server` must be `off` or a mapping, as `{port: 7077}`: found \(node.found)")
            return nil
        }
        var spec = Configuration.ServerSpec()
        guard
            let server = MappingReader(node, "`server`", ConfigurationSchema.server, problems: &problems)
        else { return nil }
        if let node = server["host"] {
            spec.host = node.text("`host`", "127.0.0.1", problems: &problems) ?? spec.host
            if spec.host.isEmpty || spec.host.contains(where: { " /@".contains($0) }) {
                problems.add(
                    node.line, "`host` must be an address or a name, as `127.0.0.1`: found \(node.found)")
            }
        }
        if let node = server["port"] { spec.port = port(node, problems: &problems) ?? spec.port }
        if let node = server["token"] { spec.token = token(node, problems: &problems) }
        if let node = server["maxLag"] {
            spec.maxLag = node.duration("`maxLag`", problems: &problems) ?? spec.maxLag
        }
        if let node = server["hosts"] {
            spec.hosts =
                node.texts("`hosts`", "[lockstep.example.com]", problems: &problems)?.map(\.text) ?? []
        }
        if !spec.isLoopback, spec.token == nil, !server.hasOrMeans("token") {
            problems.add(
                server["host"]?.line ?? node.line,
                "the server on `\(spec.host)` is open to other machines and needs a `token`, as `token: ${LOCKSTEP_TOKEN}`: or take `host` out"
            )
        }
        return spec
    }

    private static func port(_ node: YAMLNode, problems: inout Problems) -> Int? {
        if case .scalar(let scalar) = node.content, let port = Int(scalar.text), (0...65535).contains(port) {
            return port
        }
        problems.add(node.line, "`port` must be a whole number from 0 to 65535: found \(node.found)")
        return nil
    }

    /// Never shown.
    private static func token(_ node: YAMLNode, problems: inout Problems) -> String? {
        guard case .scalar(let scalar) = node.content, !node.isNull,
            scalar.text.utf8.count >= leastToken,
            scalar.text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            problems.add(
                node.line,
                "`token` must be a secret of \(leastToken) characters at least, without spaces: make one with `openssl rand -hex 16`"
            )
            return nil
        }
        return scalar.text
    }
}
