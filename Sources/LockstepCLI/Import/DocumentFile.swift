import Foundation
import Lockstep

/// Reads documents from a file of JSON lines or of one JSON list, batch by batch.
final class DocumentFile {
    /// Documents, and where each stands.
    struct Batch {
        var documents: [BSONDocument] = []
        var lines: [Int] = []
        fileprivate(set) var bytes = 0
    }

    private let input: InputBytes
    private var texts: DocumentTexts
    private var problem: Failure?
    /// Hears what is wrong with single documents, which are left out then; nil ends the reading there.
    private let onBadDocument: ((Failure) -> Void)?

    /// What one batch holds at most; a document of MongoDB's may take 16 MB alone.
    private static let documents = 1000
    private static let bytes = 8 << 20
    /// Bytes of a document that MongoDB stores, at most.
    private static let largestDocument = 16 << 20
    /// What an ObjectId adds to a document without `_id`.
    private static let idBytes = 17
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private init(_ input: InputBytes, _ onBadDocument: ((Failure) -> Void)?) {
        self.input = input
        texts = DocumentTexts(input)
        self.onBadDocument = onBadDocument
    }

    /// Opens a file, or standard input for `-`.
    static func open(_ file: String, onBadDocument: ((Failure) -> Void)? = nil) throws -> DocumentFile {
        DocumentFile(try InputBytes.open(file), onBadDocument)
    }

    /// As messages name it.
    var name: String { input.name }
    /// Bytes of the file; 0 where that is not known.
    var size: Int { input.size }
    var bytesRead: Int { input.bytesRead }
    /// One list, so that the lines behind a place are no file of their own.
    var isList: Bool { texts.isList }

    /// The next documents; nil at the end.
    ///
    /// - Throws: what is wrong with a document, after those before it were handed out.
    func next() throws -> Batch? {
        if let problem { throw problem }
        var batch = Batch()
        while batch.documents.count < Self.documents, batch.bytes < Self.bytes {
            do throws(Failure) {
                guard let piece = try texts.next() else { break }
                guard let document = try read(piece) else { continue }
                batch.bytes += document.bytes.count
                batch.documents.append(document)
                batch.lines.append(piece.line)
            } catch {
                guard !batch.documents.isEmpty else { throw error }
                problem = error
                break
            }
        }
        return batch.documents.isEmpty ? nil : batch
    }

    /// Nil where there is none, or where it is left out.
    private func read(_ piece: DocumentTexts.Piece) throws(Failure) -> BSONDocument? {
        do throws(BadDocument) {
            return try document(in: piece.text)
        } catch {
            let failure = Failure(.wrong, "\(name):\(piece.line): \(error.reason)")
            guard let onBadDocument else { throw failure }
            onBadDocument(failure)
            return nil
        }
    }
}

// MARK: One document

private struct BadDocument: Error {
    let reason: String
}

extension DocumentFile {
    /// Nil for a line that is empty but for a byte order mark and the line end of Windows.
    private func document(in line: ArraySlice<UInt8>) throws(BadDocument) -> BSONDocument? {
        var text = line.drop(while: isSpace)
        if text.starts(with: Self.byteOrderMark) {
            text = text.dropFirst(Self.byteOrderMark.count).drop(while: isSpace)
        }
        guard let last = text.lastIndex(where: { !isSpace($0) }) else { return nil }
        text = text[...last]
        if text.first == UInt8(ascii: "[") {
            throw BadDocument(
                reason: isList
                    ? "a list within the list: write a document there"
                    : "a list: write each document on a line of its own, or the whole file as one list")
        }
        let document = try parse(text)
        if let type = document["_id"]?.type, [.array, .regex, .undefined].contains(type) {
            throw BadDocument(reason: "an _id cannot be of type \(type.name)")
        }
        let size = document.bytes.count + (document["_id"] == nil ? Self.idBytes : 0)
        guard size <= Self.largestDocument else {
            throw BadDocument(
                reason: "a document of \(size) bytes: MongoDB stores \(Self.largestDocument) at most")
        }
        if let name = document.withView({ $0.repeatedName }) {
            throw BadDocument(
                reason: "the name `\(name.prefix(60))` stands twice in a document: keep one of them")
        }
        return document
    }

    private func parse(_ text: ArraySlice<UInt8>) throws(BadDocument) -> BSONDocument {
        if let escape = LoneSurrogate.first(in: text) {
            throw BadDocument(
                reason:
                    "not a JSON document: `\(escape)` is half of a character: JSON writes those beyond U+FFFF as two such escapes, and whatever wrote this cut one in two"
            )
        }
        do {
            return try BSONDocument(json: text)
        } catch {
            if error.description.hasPrefix("something stands behind") {
                throw BadDocument(reason: "more than one document: write each on a line of its own")
            }
            let hint =
                text.elementsEqual("{".utf8)
                ? ": each document must stand on one line, or the whole file be one list" : ""
            throw BadDocument(reason: "not a JSON document: \(error)\(hint)")
        }
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
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
