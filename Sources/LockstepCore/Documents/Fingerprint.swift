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

    /// 32 hexadecimal digits.
    package var hexadecimal: String {
        hex(bytes)
    }

    /// Nil when these are not 32 hexadecimal digits.
    package init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 32, text.utf8.count == 32 else { return nil }
        bytes = stride(from: 0, to: 32, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// As it is stored in provenance.
    package var value: BSONValue {
        BSONValue(binary: bytes)
    }
}
