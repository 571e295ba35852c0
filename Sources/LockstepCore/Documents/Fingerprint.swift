import MongoBSON

/// Identifies an input: SHA-256 cut to 16 bytes over the values' types and bytes, in the order of the keys.
///
/// Absent and null are the same. The values' own lengths keep neighbours apart.
package struct Fingerprint: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(of values: [BSONValue], with digest: inout SHA256) {
        for value in values {
            digest.update([value.type.rawValue])
            digest.update(value.bytes)
        }
        bytes = Array(digest.finish().prefix(16))
    }

    package init(of values: [BSONValue]) {
        var digest = SHA256()
        self.init(of: values, with: &digest)
    }

    /// The bytes of a digest are as good as random: eight of them are enough.
    package func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0.prefix(8))) }
    }

    /// As it is stored in provenance.
    package var value: BSONValue {
        BSONValue(binary: bytes)
    }
}
