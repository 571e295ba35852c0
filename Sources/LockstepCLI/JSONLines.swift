import Foundation
import Lockstep

/// Reads documents from a file of JSON lines, batch by batch.
final class JSONLines {
    /// As messages name it.
    let name: String
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
    /// Bytes of a line, at most: numbers and dates take several times their size as canonical Extended JSON. 128 MiB.
    private static let longestLine = 128 << 20
    /// Bytes of a document that MongoDB stores, at most.
    private static let largestDocument = 16 << 20
    /// What an ObjectId adds to a document without `_id`.
    private static let idBytes = 17
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The lines of the documents that ``next()`` gave last.
    private(set) var lines: [Int] = []

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
        lines = []
        while documents.count < Self.documents, bytes < Self.bytes {
            do throws(Failure) {
                guard let text = try nextLine() else { break }
                // Empty lines are no mistakes.
                guard let document = try document(in: text) else { continue }
                bytes += document.bytes.count
                documents.append(document)
                lines.append(line)
            } catch {
                guard !documents.isEmpty else { throw error }
                problem = error
                break
            }
        }
        return documents.isEmpty ? nil : documents
    }

    /// The document of a line; nil when it is empty but for a byte order mark and the line end of Windows.
    private func document(in line: ArraySlice<UInt8>) throws(Failure) -> BSONDocument? {
        var text = line.drop(while: isSpace)
        if text.starts(with: Self.byteOrderMark) {
            text = text.dropFirst(Self.byteOrderMark.count).drop(while: isSpace)
        }
        guard let last = text.lastIndex(where: { !isSpace($0) }) else { return nil }
        text = text[...last]
        if text.first == UInt8(ascii: "[") {
            throw failure(
                "a list: write each document on a line of its own, without `[`, `]` and commas between")
        }
        let document: BSONDocument
        do {
            document = try BSONDocument(json: text)
        } catch {
            if error.description.hasPrefix("something stands behind") {
                throw failure("more than one document: write each on a line of its own")
            }
            let hint = text.elementsEqual("{".utf8) ? ": each document must stand on one line" : ""
            throw failure("not a JSON document: \(error)\(hint)")
        }
        let size = document.bytes.count + (document["_id"] == nil ? Self.idBytes : 0)
        guard size <= Self.largestDocument else {
            throw failure(
                "a document of \(size) bytes: MongoDB stores \(Self.largestDocument) at most")
        }
        if let name = document.withView({ $0.repeatedName }) {
            throw failure("the name `\(name.prefix(60))` stands twice in a document: keep one of them")
        }
        return document
    }

    private func failure(_ reason: String) -> Failure {
        Failure(.wrong, "\(name):\(line): \(reason)")
    }
}

// MARK: Lines

extension JSONLines {
    private func nextLine() throws(Failure) -> ArraySlice<UInt8>? {
        while true {
            if let end = newline {
                defer {
                    start = end + 1
                    searched = start
                }
                line += 1
                return buffer[start..<end]
            }
            searched = buffer.count
            if isAtEnd {
                defer { start = buffer.count }
                line += 1
                return start < buffer.count ? buffer[start...] : nil
            }
            if start > 0 { buffer.removeFirst(start) }
            searched -= start
            start = 0
            guard buffer.count <= Self.longestLine else {
                line += 1
                throw failure(
                    "longer than \(Self.longestLine >> 20) MiB: write each document on a line of its own")
            }
            let more: Data?
            do {
                more = try handle.read(upToCount: 1 << 16)
            } catch {
                throw Failure(.wrong, "\(name): cannot be read after line \(line)")
            }
            if let more, !more.isEmpty {
                buffer += more
                bytesRead += more.count
            } else {
                isAtEnd = true
            }
        }
    }

    /// The next one that was not looked for yet.
    private var newline: Int? {
        buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = memchr(base + searched, 0x0A, bytes.count - searched)
            else { return nil }
            return base.distance(to: UnsafeRawPointer(found))
        }
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D
    }
}

extension BSONView {
    /// A name that stands twice in the document or in one within it: which value is meant, programs take differently.
    fileprivate var repeatedName: String? {
        var names: Set<[UInt8]> = []
        for element in self {
            guard names.insert(Array(element.key)).inserted else { return element.name }
            if let name = element.nested?.repeatedName { return name }
        }
        return nil
    }
}
