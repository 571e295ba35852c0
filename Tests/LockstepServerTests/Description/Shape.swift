import Testing
import LockstepAPI

/// What a value looks like in JSON.
indirect enum Shape {
    case string, integer, number, boolean
    /// Any JSON, as the `_id` of a document.
    case any
    case choice([String])
    case nullable(Shape)
    case array(Shape)
    case object([String: Field])

    struct Field {
        let shape: Shape
        let isRequired: Bool
    }

    /// Of a type, by what it decodes.
    init(of type: any Decodable.Type) throws {
        self = try Self.decoded(type).shape
    }

    var fields: [String: Field] {
        switch self {
        case .object(let fields): fields
        case .nullable(let shape), .array(let shape): shape.fields
        default: [:]
        }
    }

    /// A value of a type, whichever, and its shape.
    fileprivate static func decoded<T: Decodable>(_ type: T.Type) throws -> (value: T, shape: Shape) {
        func of(_ value: Any, _ shape: Shape) throws -> (value: T, shape: Shape) {
            (try #require(value as? T), shape)
        }
        switch type {
        case is String.Type: return try of("", .string)
        case is Int.Type: return try of(0, .integer)
        case is Double.Type: return try of(0.0, .number)
        case is Bool.Type: return try of(false, .boolean)
        case is ExtendedJSON.Type: return try of(ExtendedJSON(.null), .any)
        case let type as any Choice.Type: return try of(type.first, .choice(type.names))
        case let type as any Absent.Type:
            return try of(type.absent, .nullable(Shape(of: type.wrapped)))
        case let type as any List.Type: return try of(type.empty, .array(Shape(of: type.element)))
        default:
            let fields = Fields()
            let value = try type.init(from: FieldDecoder(fields: fields))
            return (value, .object(fields.found))
        }
    }
}

// MARK: Kinds of types

private protocol Choice {
    static var first: Any { get throws }
    static var names: [String] { get }
}

extension Choice where Self: CaseIterable & RawRepresentable, RawValue == String {
    fileprivate static var first: Any { get throws { try #require(allCases.first) } }
    fileprivate static var names: [String] { allCases.map(\.rawValue) }
}

extension API.Problem.Severity: Choice {}
extension API.DatabaseStatus.State: Choice {}
extension API.ListenerStatus.State: Choice {}
extension API.ListenerAnswer.State: Choice {}
extension API.Change.Outcome: Choice {}

private protocol Absent {
    static var absent: Any { get }
    static var wrapped: any Decodable.Type { get }
}

extension Nullable: Absent {
    fileprivate static var absent: Any { Self(wrappedValue: nil) }
    fileprivate static var wrapped: any Decodable.Type { Value.self }
}

private protocol List {
    static var empty: Any { get }
    static var element: any Decodable.Type { get }
}

extension Array: List where Element: Decodable {
    fileprivate static var empty: Any { Self() }
    fileprivate static var element: any Decodable.Type { Element.self }
}

// MARK: A decoder that notes what is asked of it

private final class Fields {
    var found: [String: Shape.Field] = [:]
    /// Those that may be left out.
    var optional: Set<String> = []
}

private struct FieldDecoder: Decoder {
    let fields: Fields
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(FieldContainer(fields: fields))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Unexpected() }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw Unexpected() }
}

private struct Unexpected: Error {}

private struct FieldContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let fields: Fields
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    /// Asked before what may be left out is decoded.
    func contains(_ key: Key) -> Bool {
        fields.optional.insert(key.stringValue)
        return true
    }

    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let (value, shape) = try Shape.decoded(type)
        let name = key.stringValue
        fields.found[name] = Shape.Field(shape: shape, isRequired: !fields.optional.contains(name))
        return value
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw Unexpected() }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw Unexpected() }
    func superDecoder() throws -> any Decoder { throw Unexpected() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw Unexpected() }
}
