import Foundation
import MongoBSON

/// A hash of all that a model's predictions follow from.
package struct ModelHash: ~Copyable {
    private var digest = SHA256()

    package init() {}

    /// Each part with its length, so that no two lists of parts run into one.
    package mutating func add(_ text: String) {
        add(count: text.utf8.count)
        digest.update(Array(text.utf8))
    }

    /// The contents of a file, read piece by piece. False when it cannot be read.
    package mutating func add(contentsOf file: String) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: file) else { return false }
        defer { try? handle.close() }
        var count = 0
        do {
            while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
                piece.withUnsafeBytes { digest.update($0) }
                count += piece.count
            }
        } catch {
            return false
        }
        add(count: count)
        return true
    }

    /// Bytes that are at hand, as those of a file.
    package mutating func add(contents bytes: UnsafeRawBufferPointer) {
        digest.update(bytes)
        add(count: bytes.count)
    }

    private mutating func add(count: Int) {
        withUnsafeBytes(of: UInt64(count).littleEndian) { digest.update($0) }
    }

    /// 16 hexadecimal digits.
    package consuming func finish() -> String {
        digest.finish().prefix(8).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
