import Foundation
import Lockstep

/// Reads documents from a file of JSON lines, batch by batch.
final class JSONLines {
    private let name: String
    private let handle: FileHandle
    private var buffer: [UInt8] = []
    /// Where the next line begins in the buffer, and how far it was searched for its end.
    private var start = 0
    private var searched = 0
    private var line = 0
    private var isAtEnd = false
    private var problem: Failure?

    /// Bytes of the file; 0 where that is not known.
    let size: Int
    private(set) var bytesRead = 0

    /// What one batch holds at most; a document of MongoDB's may take 16 MB alone.
    private static let documents = 1000
    private static let bytes = 8 << 20

    init(_ file: String) throws {
        name = file == "-" ? "standard input" : file
        if file == "-" {
            handle = .standardInput
            size = 0
            return
        }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory) else {
            throw Failure(.wrong, "there is no file `\(file)`")
        }
        guard !isDirectory.boolValue else { throw Failure(.wrong, "`\(file)` is a directory, not a file") }
        guard let opened = FileHandle(forReadingAtPath: file) else {
            throw Failure(.wrong, "`\(file)` cannot be read: check its permissions")
        }
        handle = opened
        size = (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
    }

    /// The next documents; nil at the end.
    ///
    /// - Throws: what is wrong with a line, after the documents before it were handed out.
    func next() throws -> [BSONDocument]? {
        if let problem { throw problem }
        var documents: [BSONDocument] = []
        var bytes = 0
        while documents.count < Self.documents, bytes < Self.bytes, let text = try nextLine() {
            line += 1
            // A byte order mark, empty lines and the line ends of Windows are no mistakes.
            let trimmed = text.drop { $0 == 0xEF || $0 == 0xBB || $0 == 0xBF || isSpace($0) }
            guard let last = trimmed.lastIndex(where: { !isSpace($0) }) else { continue }
            do throws(Failure) {
                let document = try document(trimmed[...last])
                bytes += document.bytes.count
                documents.append(document)
            } catch {
                guard !documents.isEmpty else { throw error }
                problem = error
                break
            }
        }
        return documents.isEmpty ? nil : documents
    }

    private func document(_ text: ArraySlice<UInt8>) throws(Failure) -> BSONDocument {
        if text.first == UInt8(ascii: "[") {
            throw failure(
                "a list: write each document on a line of its own, without `[`, `]` and commas between")
        }
        // libbson reads one document and does not look at what comes after it.
        guard isOneObject(text) else {
            throw failure("more than one document: write each on a line of its own")
        }
        do {
            return try BSONDocument(json: text)
        } catch {
            let hint = text.elementsEqual("{".utf8) ? ": each document must stand on one line" : ""
            throw failure("not a JSON document: \(error)\(hint)")
        }
    }

    private func failure(_ reason: String) -> Failure {
        Failure(.wrong, "\(name):\(line): \(reason)")
    }
}

// MARK: Lines

extension JSONLines {
    private func nextLine() throws -> ArraySlice<UInt8>? {
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                defer {
                    start = end + 1
                    searched = start
                }
                return buffer[start..<end]
            }
            searched = buffer.count
            if isAtEnd {
                defer { start = buffer.count }
                return start < buffer.count ? buffer[start...] : nil
            }
            buffer.removeFirst(start)
            searched -= start
            start = 0
            if let more = try handle.read(upToCount: 1 << 16), !more.isEmpty {
                buffer += more
                bytesRead += more.count
            } else {
                isAtEnd = true
            }
        }
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D
    }

    /// Nothing follows the bracket that closes the first one.
    private func isOneObject(_ text: ArraySlice<UInt8>) -> Bool {
        var depth = 0
        var isInString = false
        var isEscaped = false
        for (index, byte) in zip(text.indices, text) {
            if isInString {
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index == text.endIndex - 1 }
            default: break
            }
        }
        // Cut short: the parser says where.
        return true
    }
}
