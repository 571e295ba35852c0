import MongoBSON

/// A vector as it is stored: BinData of subtype 9, or an array of numbers.
package struct StoredVector {
    /// The number of its elements.
    package let count: Int
    private let form: Form

    private enum Form {
        case float32(ArraySlice<UInt8>)
        case int8(ArraySlice<UInt8>)
        case bits(ArraySlice<UInt8>)
        case numbers([Double])
    }

    /// Nil when the value is no BSON vector of a known kind.
    package init?(_ value: BSONValue) {
        guard let (subtype, bytes) = value.binary, subtype == 9, bytes.count >= 2 else { return nil }
        let data = bytes.dropFirst(2)
        let padding = Int(bytes[bytes.startIndex + 1])
        switch bytes[bytes.startIndex] {
        case 0x27 where data.count.isMultiple(of: 4): (form, count) = (.float32(data), data.count / 4)
        case 0x03: (form, count) = (.int8(data), data.count)
        case 0x10 where padding <= 7 && padding <= data.count * 8:
            (form, count) = (.bits(data), data.count * 8 - padding)
        default: return nil
        }
    }

    /// Nil when the value is no array of numbers alone.
    package init?(array value: BSONValue) {
        guard value.type == .array else { return nil }
        var numbers: [Double] = []
        let areNumbers = BSONDocument(trusted: value.bytes).withView { view in
            view.allSatisfy { element in
                guard let number = BSONValue(copying: element).double else { return false }
                numbers.append(number)
                return true
            }
        }
        guard areNumbers else { return nil }
        (form, count) = (.numbers(numbers), numbers.count)
    }

    /// What it holds that is no number of a vector: `NaN` or `infinity`.
    package var flaw: String? {
        switch form {
        case .int8, .bits: return nil
        case .float32(let data):
            // All bits of the exponent are set in both.
            let isFinite = data.withUnsafeBytes { raw in
                var found = false
                for offset in stride(from: 0, to: raw.count, by: 4) {
                    let bits = raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                    found = found || bits & 0x7F80_0000 == 0x7F80_0000
                }
                return !found
            }
            if isFinite { return nil }
            return numbers.contains(where: \.isNaN) ? "NaN" : "infinity"
        case .numbers(let numbers):
            if numbers.allSatisfy(\.isFinite) { return nil }
            return numbers.contains(where: \.isNaN) ? "NaN" : "infinity"
        }
    }

    /// Its elements; a bit as -1 or 1.
    package var numbers: [Double] {
        switch form {
        case .numbers(let numbers): numbers
        case .int8(let data): data.map { Double(Int8(bitPattern: $0)) }
        case .bits(let data):
            (0..<count).map { data[data.startIndex + $0 / 8] & (0x80 >> ($0 % 8)) == 0 ? -1 : 1 }
        case .float32(let data):
            data.withUnsafeBytes { raw in
                (0..<count).map { Double(raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)) }
            }
        }
    }
}
