import LockstepCore
import MongoBSON

/// A prediction in `lockstep.memo`, by what it was computed from.
package struct MemoEntry: Sendable {
    /// Identifies a prediction: a hash of the model, its version and the input.
    package struct ID: Hashable, Sendable {
        package let bytes: [UInt8]
    }

    /// The model that was asked.
    package struct Source: Hashable, Sendable {
        /// Tells apart models of one version.
        package let model: String
        package let version: String

        package init(model: String, version: String) {
            self.model = model
            self.version = version
        }

        package init(_ model: any Provider) {
            self.init(model: model.memoName, version: model.version)
        }
    }

    package let id: ID
    package let source: Source
    package let input: Fingerprint
    package let output: BSONValue
    package let isTruncated: Bool
    /// When it was used last, in milliseconds since 1970.
    package let at: Int64

    package init(_ source: Source, _ input: Fingerprint, output: BSONValue, isTruncated: Bool, at: Int64) {
        id = source.id(of: input)
        self.source = source
        self.input = input
        self.output = output
        self.isTruncated = isTruncated
        self.at = at
    }
}

extension MemoEntry.Source {
    package func id(of input: Fingerprint) -> MemoEntry.ID {
        var digest = SHA256()
        // Texts begin with their length, so that neighbours do not run into each other.
        digest.update(BSONValue(model).bytes)
        digest.update(BSONValue(version).bytes)
        digest.update(input.bytes)
        return MemoEntry.ID(bytes: Array(digest.finish().prefix(16)))
    }
}

extension MemoEntry {
    /// Nil when it is not of the form that Lockstep writes.
    init?(_ view: BSONView) {
        guard let input = view["input"], input.type == .binary, input.value.count == 21,
            let model = view["model"]?.string, let version = view["version"]?.string,
            let output = view["output"], let at = view["at"]?.milliseconds
        else { return nil }
        self.init(
            Source(model: model, version: version), Fingerprint(bytes: Array(input.value.suffix(16))),
            output: BSONValue(copying: output), isTruncated: view[Provenance.truncated]?.bool ?? false,
            at: at)
        // Whatever was put there by hand: what it says of itself must be what it was looked up by.
        guard let stored = view["_id"], stored.type == .binary,
            stored.value.suffix(16).elementsEqual(id.bytes)
        else { return nil }
    }

    func document(with more: [(String, BSONValue)] = []) -> BSONDocument {
        var fields: [(String, BSONValue)] = [
            ("_id", id.value), ("model", BSONValue(source.model)), ("version", BSONValue(source.version)),
            ("input", input.value), ("output", output), ("at", BSONValue(millisecondsSince1970: at)),
        ]
        if isTruncated { fields.append((Provenance.truncated, true)) }
        return BSONDocument(fields + more)
    }

    /// Bytes of the document, about.
    package var size: Int {
        200 + output.bytes.count
    }
}

extension MemoEntry.ID {
    var value: BSONValue {
        BSONValue(binary: bytes)
    }
}
