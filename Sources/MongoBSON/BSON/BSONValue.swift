/// One BSON value of any type, held as its bytes: nothing is lost on the way through.
///
/// Equality is of type and bytes: `1` as int32 and `1.0` as double are different values.
public struct BSONValue: Hashable, Sendable {
    public let type: BSONType
    /// The value as it stands in a document, after the key.
    public let bytes: [UInt8]

    package init(type: BSONType, bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
    }

    package init(copying element: BSONElement) {
        type = element.type
        bytes = Array(element.value)
    }
}

// MARK: Making values

extension BSONValue {
    public static let null = BSONValue(type: .null, bytes: [])
    /// Before and behind every other value.
    package static let minKey = BSONValue(type: .minKey, bytes: [])
    package static let maxKey = BSONValue(type: .maxKey, bytes: [])

    public init(_ value: String) {
        let text = value.utf8
        var bytes = [UInt8]()
        bytes.reserveCapacity(text.count + 5)
        bytes.append(littleEndian: Int32(text.count + 1))
        bytes.append(contentsOf: text)
        bytes.append(0)
        self.init(type: .string, bytes: bytes)
    }

    /// An int32 when it fits, else an int64, as MongoDB's drivers do.
    public init(_ value: Int) {
        if let small = Int32(exactly: value) {
            self.init(int32: small)
        } else {
            self.init(int64: Int64(value))
        }
    }

    public init(int32 value: Int32) {
        self.init(type: .int32, littleEndian: value)
    }

    public init(int64 value: Int64) {
        self.init(type: .int64, littleEndian: value)
    }

    public init(_ value: Double) {
        self.init(type: .double, littleEndian: value.bitPattern)
    }

    public init(_ value: Bool) {
        self.init(type: .bool, bytes: [value ? 1 : 0])
    }

    public init(_ document: BSONDocument) {
        self.init(type: .document, bytes: document.bytes)
    }

    public init(_ values: [BSONValue]) {
        var builder = BSONBuilder()
        for (index, value) in values.enumerated() {
            builder.append(value, forKey: String(index))
        }
        self.init(type: .array, bytes: builder.finish().bytes)
    }

    /// A date as milliseconds since 1970, UTC.
    public init(millisecondsSince1970 milliseconds: Int64) {
        self.init(type: .date, littleEndian: milliseconds)
    }

    public init(binary data: [UInt8], subtype: UInt8 = 0) {
        var bytes = [UInt8]()
        bytes.reserveCapacity(data.count + 5)
        bytes.append(littleEndian: Int32(data.count))
        bytes.append(subtype)
        bytes.append(contentsOf: data)
        self.init(type: .binary, bytes: bytes)
    }

    /// A BSON vector of float32 (BinData subtype 9).
    public init(vector: [Float]) {
        self.init(type: .binary, bytes: FloatVector.bytes(of: vector))
    }

    public init(timestamp: BSONTimestamp) {
        self.init(
            type: .timestamp, littleEndian: UInt64(timestamp.seconds) << 32 | UInt64(timestamp.increment))
    }

    /// A new ObjectId.
    public static func objectID() -> BSONValue {
        BSONValue(type: .objectID, bytes: newObjectID())
    }

    /// The smallest ObjectId of a second since 1970.
    package static func objectID(atSecond second: Int64) -> BSONValue {
        BSONValue(type: .objectID, bytes: firstObjectID(ofSecond: second))
    }

    private init(type: BSONType, littleEndian value: some FixedWidthInteger) {
        var bytes = [UInt8]()
        bytes.append(littleEndian: value)
        self.init(type: type, bytes: bytes)
    }
}

// MARK: Reading values

extension BSONValue {
    /// The text; invalid UTF-8, which lax clients store, is repaired with U+FFFD.
    public var string: String? {
        guard type == .string || type == .symbol || type == .code, bytes.count >= 5 else { return nil }
        return String(decoding: bytes[4..<(bytes.count - 1)], as: UTF8.self)
    }

    /// An integer of any BSON number type that holds one exactly, decimals left aside.
    public var int: Int? {
        switch type {
        case .int32: Int(bytes.littleEndian(Int32.self))
        case .int64: Int(bytes.littleEndian(Int64.self))
        case .double: Int(exactly: Double(bitPattern: bytes.littleEndian(UInt64.self)))
        default: nil
        }
    }

    /// Any BSON number as a double.
    public var double: Double? {
        switch type {
        case .double: Double(bitPattern: bytes.littleEndian(UInt64.self))
        case .int32: Double(bytes.littleEndian(Int32.self))
        case .int64: Double(bytes.littleEndian(Int64.self))
        case .decimal128: Double(decimalText(of: bytes))
        default: nil
        }
    }

    public var bool: Bool? {
        type == .bool ? bytes.first == 1 : nil
    }

    public var document: BSONDocument? {
        type == .document ? BSONDocument(trusted: bytes) : nil
    }

    public var array: [BSONValue]? {
        type == .array ? BSONDocument(trusted: bytes).map(\.value) : nil
    }

    public var millisecondsSince1970: Int64? {
        type == .date ? bytes.littleEndian(Int64.self) : nil
    }

    public var timestamp: BSONTimestamp? {
        guard type == .timestamp else { return nil }
        let value = bytes.littleEndian(UInt64.self)
        return BSONTimestamp(seconds: UInt32(value >> 32), increment: UInt32(truncatingIfNeeded: value))
    }

    public var binary: (subtype: UInt8, data: ArraySlice<UInt8>)? {
        guard type == .binary, bytes.count >= 5 else { return nil }
        return (bytes[4], bytes[5...])
    }

    /// The numbers of a BSON vector of float32, or of an array of numbers.
    public var floats: [Float]? {
        binary == nil ? FloatVector.floats(ofArray: self) : FloatVector.floats(ofBinary: self)
    }
}

// MARK: Literals

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self.init(value) }
    public init(integerLiteral value: Int) { self.init(value) }
    public init(floatLiteral value: Double) { self.init(value) }
    public init(booleanLiteral value: Bool) { self.init(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: BSONValue...) { self.init(elements) }
    public init(dictionaryLiteral elements: (String, BSONValue)...) { self.init(BSONDocument(elements)) }
}

extension BSONValue: CustomStringConvertible {
    /// The value as relaxed Extended JSON.
    public var description: String {
        json
    }
}
