/// What an output was computed from, as it is stored beside it.
struct Provenance: Hashable, Sendable {
    let input: Fingerprint
    let version: String
    /// Milliseconds since 1970.
    let at: Int64

    init(input: Fingerprint, version: String, at: Int64) {
        self.input = input
        self.version = version
        self.at = at
    }

    /// Nil when it is not of the form that Lockstep writes.
    init?(_ element: BSONElement?) {
        guard let view = element?.nested, element?.type == .document,
            let input = view["input"], input.type == .binary, input.value.count == 21,
            let version = view["version"]?.string, let at = view["at"]?.milliseconds
        else { return nil }
        self.init(input: Fingerprint(bytes: Array(input.value.suffix(16))), version: version, at: at)
    }

    func append(to builder: inout BSONBuilder, forKey key: String) {
        builder.document(key) { builder in
            builder.append(binary: input.bytes, subtype: 0, forKey: "input")
            builder.append(version, forKey: "version")
            builder.append(milliseconds: at, forKey: "at")
        }
    }
}
