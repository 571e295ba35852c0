import MongoBSON

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
    package var size: Int {
        canonical.bytes.count
    }
}

extension BSONValue {
    /// Numbers that are equal to MongoDB's index get the same bytes, nested ones too; all else stays as it is.
    package var canonicalNumber: BSONValue {
        switch type {
        case .int32, .double:
            if let int { return BSONValue(int64: Int64(int)) }
            return double?.isNaN == true ? BSONValue(Double.nan) : self
        case .decimal128:
            guard let double else { return self }
            if double.isNaN { return BSONValue(.nan) }
            // A decimal reaches further than a double: most that are infinite as a double are not.
            if double.isInfinite { return json.contains("Infinity") ? BSONValue(double) : self }
            // Below 2^53 every whole number has a double of its own.
            guard let whole = Int(exactly: double), abs(whole) < 1 << 53, isWhole else { return self }
            return BSONValue(int64: Int64(whole))
        case .document, .array:
            // To compare only: names as they are, be they text or not.
            var parts: [UInt8] = []
            bytes.withUnsafeBytes { raw in
                for element in BSONView(raw) {
                    let value = BSONValue(copying: element).canonicalNumber
                    parts.append(value.type.rawValue)
                    parts += element.key
                    parts.append(0)
                    parts += value.bytes
                }
            }
            return BSONValue(type: type, bytes: parts)
        default:
            return self
        }
    }

    /// A decimal without a fraction: `1.00`, but not `1.0000000000000000000001`, whose double is 1 as well.
    private var isWhole: Bool {
        let text = json.drop { $0 != ":" }
        guard !text.contains("E") else { return false }
        guard let point = text.firstIndex(of: ".") else { return true }
        return text[point...].dropFirst().prefix { $0.isNumber }.allSatisfy { $0 == "0" }
    }
}
