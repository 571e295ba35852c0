import Foundation

/// The bytes of a file or of standard input, unpacked where they are gzip.
final class InputBytes {
    /// As messages name it.
    let name: String
    /// Bytes of the file as it is; 0 where that is not known.
    let size: Int
    /// Of the file as it is.
    private(set) var bytesRead = 0
    private let handle: FileHandle
    private var gunzip: Gunzip?
    /// What was read to see whether it is gzip.
    private var head: [UInt8]?

    private static let pieceBytes = 1 << 16

    private init(name: String, size: Int, handle: FileHandle) {
        self.name = name
        self.size = size
        self.handle = handle
    }

    /// Opens a file, or standard input for `-`.
    static func open(_ file: String) throws -> InputBytes {
        guard file != "-" else { return InputBytes(name: "standard input", size: 0, handle: .standardInput) }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory) else {
            throw Failure(.wrong, "there is no file `\(file)`")
        }
        guard !isDirectory.boolValue else { throw Failure(.wrong, "`\(file)` is a directory, not a file") }
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw Failure(.wrong, "`\(file)` cannot be read: check its permissions")
        }
        let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
        return InputBytes(name: file, size: size ?? 0, handle: handle)
    }

    /// The next ones; empty at the end.
    ///
    /// - Parameter line: how far it was read, for messages.
    func next(after line: Int) throws(Failure) -> [UInt8] {
        if head == nil {
            var first = try read(line)
            // A pipe may give a single byte.
            if first.count == 1 { first += try read(line) }
            if Gunzip.isGzip(first) {
                do {
                    gunzip = try Gunzip()
                } catch {
                    throw Failure(.wrong, "\(name): \(error.reason)")
                }
            }
            head = first
        }
        guard let gunzip else { return try raw(line) }
        do {
            return try gunzip.next { () throws(Failure) in try raw(line) }
        } catch let failure as Failure {
            throw failure
        } catch let damage as Gunzip.Damage {
            throw Failure(.wrong, "\(name): cannot be unpacked after line \(line): \(damage.reason)")
        } catch {
            throw Failure(.wrong, "\(name): \(error)")
        }
    }

    private func raw(_ line: Int) throws(Failure) -> [UInt8] {
        if let head, !head.isEmpty {
            self.head = []
            return head
        }
        return try read(line)
    }

    private func read(_ line: Int) throws(Failure) -> [UInt8] {
        do {
            let data = try handle.read(upToCount: Self.pieceBytes) ?? Data()
            bytesRead += data.count
            return Array(data)
        } catch {
            throw Failure(.wrong, "\(name): cannot be read after line \(line)")
        }
    }
}
