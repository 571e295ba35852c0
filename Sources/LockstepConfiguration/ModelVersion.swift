import Foundation
import Lockstep

/// The version of a model that the configuration gives none: a hash of all that its predictions follow from.
struct ModelVersion: ~Copyable {
    private var digest = SHA256()

    /// Each part with its length, so that no two lists of parts run into one.
    mutating func add(_ text: String) {
        add(count: text.utf8.count)
        digest.update(Array(text.utf8))
    }

    /// The contents of a file, read piece by piece. False when it cannot be read.
    mutating func add(contentsOf file: String) -> Bool {
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

    private mutating func add(count: Int) {
        withUnsafeBytes(of: UInt64(count).littleEndian) { digest.update($0) }
    }

    /// 16 hexadecimal digits.
    consuming func finish() -> String {
        digest.finish().prefix(8).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
