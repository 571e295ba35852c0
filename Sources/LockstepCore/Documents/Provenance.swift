import MongoBSON

/// What an output was computed from, as it is stored beside it.
package struct Provenance: Hashable, Sendable {
    package let input: Fingerprint
    package let version: String
    /// Milliseconds since 1970.
    package let at: Int64
    /// The model takes less text than the input has, so that some was cut off. Freshness does not go by it.
    package let isTruncated: Bool

    package init(input: Fingerprint, version: String, at: Int64, isTruncated: Bool = false) {
        self.input = input
        self.version = version
        self.at = at
        self.isTruncated = isTruncated
    }

    /// The field that is there only where it is true.
    package static let truncated = "truncated"

    /// Nil when it is not of the form that Lockstep writes.
    package init?(_ element: BSONElement?) {
        guard let view = element?.nested, element?.type == .document,
            let input = view["input"], input.type == .binary, input.value.count == 21,
            let version = view["version"]?.string, let at = view["at"]?.milliseconds
        else { return nil }
        self.init(
            input: Fingerprint(bytes: Array(input.value.suffix(16))), version: version, at: at,
            isTruncated: view[Self.truncated]?.bool ?? false)
    }

    package func append(to builder: inout BSONBuilder, forKey key: String) {
        builder.document(key) { builder in
            builder.append(binary: input.bytes, subtype: 0, forKey: "input")
            builder.append(version, forKey: "version")
            builder.append(milliseconds: at, forKey: "at")
            if isTruncated { builder.append(true, forKey: Self.truncated) }
        }
    }
}
