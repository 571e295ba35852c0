/// A document's `_id` as MongoDB's index tells them apart: 1, NumberLong(1) and 1.0 are one key.
package struct DocumentKey: Hashable, Sendable {
    /// The `_id` as it is stored.
    package let id: BSONValue
    private let canonical: BSONValue

    package init(_ id: BSONValue) {
        self.id = id
        canonical = id.canonicalNumber
    }

    package static func == (left: DocumentKey, right: DocumentKey) -> Bool {
        left.canonical == right.canonical
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(canonical.type.rawValue)
        canonical.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// Bytes that it holds, for the queue's bound.
    var size: Int {
        canonical.bytes.count
    }
}

extension BSONValue {
    /// Numbers that are equal to MongoDB's index get the same bytes, nested ones too; all else stays as it is.
    var canonicalNumber: BSONValue {
        switch type {
        case .int32, .double:
            return int.map { BSONValue(int64: Int64($0)) } ?? self
        case .document, .array:
            let elements = BSONDocument(trusted: bytes).map { ($0.key, $0.value.canonicalNumber) }
            return BSONValue(type: type, bytes: BSONDocument(elements).bytes)
        default:
            return self
        }
    }
}
