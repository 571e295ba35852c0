import CMongoShim

/// SHA-256 by OpenSSL, which libmongoc brings along; uses the processor's own instructions.
package struct SHA256: ~Copyable {
    private let handle: OpaquePointer

    package init() {
        // Null only when OpenSSL has no SHA-256 at all, in which case TLS does not work either.
        handle = shim_sha256_new()!
    }

    deinit {
        shim_sha256_free(handle)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        shim_sha256_update(handle, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The 32 bytes; afterwards the next digest may begin.
    package mutating func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            shim_sha256_finish(handle, buffer.baseAddress!)
            count = 32
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
package func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
