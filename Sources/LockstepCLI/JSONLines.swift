import Foundation
import Lockstep

/// Reads documents from a file of JSON lines, batch by batch.
final class JSONLines {
    private let name: String
    private let handle: FileHandle
    private var buffer = Data()
    private var line = 0
    private var isAtEnd = false

    init(_ file: String) throws {
        name = file == "-" ? "standard input" : file
        if file == "-" {
            handle = .standardInput
        } else {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory),
                !isDirectory.boolValue,
                let opened = FileHandle(forReadingAtPath: file)
            else { throw Failure(.wrong, "`\(file)` is not a file that can be read") }
            handle = opened
        }
    }

    /// Up to `limit` documents; nil at the end.
    func next(_ limit: Int) throws -> [BSONDocument]? {
        var documents: [BSONDocument] = []
        while documents.count < limit, let text = try nextLine() {
            line += 1
            // A byte order mark, empty lines and the line ends of Windows are no mistakes.
            let bytes = text.drop { $0 == 0xEF || $0 == 0xBB || $0 == 0xBF || isSpace($0) }
            guard let last = bytes.lastIndex(where: { !isSpace($0) }) else { continue }
            do {
                documents.append(try BSONDocument(json: bytes[...last]))
            } catch {
                throw Failure(.wrong, "\(name):\(line): not a JSON document: \(error)")
            }
        }
        return documents.isEmpty ? nil : documents
    }

    private func nextLine() throws -> Data? {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let text = buffer[buffer.startIndex..<end]
                buffer = Data(buffer[(end + 1)...])
                return text
            }
            if isAtEnd {
                defer { buffer = Data() }
                return buffer.isEmpty ? nil : buffer
            }
            guard let more = try handle.read(upToCount: 1 << 16), !more.isEmpty else {
                isAtEnd = true
                continue
            }
            buffer.append(more)
        }
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D
    }
}
