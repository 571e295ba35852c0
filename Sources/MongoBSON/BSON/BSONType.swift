/// The type byte of a BSON value. Open: a server may send types that this version does not know.
public struct BSONType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static let double = Self(rawValue: 0x01)
    public static let string = Self(rawValue: 0x02)
    public static let document = Self(rawValue: 0x03)
    public static let array = Self(rawValue: 0x04)
    public static let binary = Self(rawValue: 0x05)
    public static let undefined = Self(rawValue: 0x06)
    public static let objectID = Self(rawValue: 0x07)
    public static let bool = Self(rawValue: 0x08)
    public static let date = Self(rawValue: 0x09)
    public static let null = Self(rawValue: 0x0A)
    public static let regex = Self(rawValue: 0x0B)
    public static let dbPointer = Self(rawValue: 0x0C)
    public static let code = Self(rawValue: 0x0D)
    public static let symbol = Self(rawValue: 0x0E)
    public static let codeWithScope = Self(rawValue: 0x0F)
    public static let int32 = Self(rawValue: 0x10)
    public static let timestamp = Self(rawValue: 0x11)
    public static let int64 = Self(rawValue: 0x12)
    public static let decimal128 = Self(rawValue: 0x13)
    public static let minKey = Self(rawValue: 0xFF)
    public static let maxKey = Self(rawValue: 0x7F)

    /// The name that MongoDB uses in `$type`.
    public var name: String {
        switch self {
        case .double: "double"
        case .string: "string"
        case .document: "object"
        case .array: "array"
        case .binary: "binData"
        case .undefined: "undefined"
        case .objectID: "objectId"
        case .bool: "bool"
        case .date: "date"
        case .null: "null"
        case .regex: "regex"
        case .dbPointer: "dbPointer"
        case .code: "javascript"
        case .symbol: "symbol"
        case .codeWithScope: "javascriptWithScope"
        case .int32: "int"
        case .timestamp: "timestamp"
        case .int64: "long"
        case .decimal128: "decimal"
        case .minKey: "minKey"
        case .maxKey: "maxKey"
        default: "type \(rawValue)"
        }
    }
}
