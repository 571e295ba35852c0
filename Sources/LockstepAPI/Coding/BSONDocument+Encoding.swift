package import MongoBSON

extension BSONDocument {
    /// Encodes a value as a document, with its keys in the order in which they are encoded.
    package init(encoding value: some Encodable) throws {
        let slot = Slot()
        try value.encode(to: DocumentEncoder(slot: slot))
        guard let document = slot.value.document else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: "only an object is a document"))
        }
        self = document
    }
}

/// Where one encoded value goes.
private final class Slot {
    private enum Content {
        case scalar(BSONValue)
        case object([(key: String, slot: Slot)])
        case array([Slot])
    }

    private var content = Content.object([])

    var value: BSONValue {
        switch content {
        case .scalar(let value): value
        case .object(let fields): BSONValue(BSONDocument(fields.map { ($0.key, $0.slot.value) }))
        case .array(let slots): BSONValue(slots.map(\.value))
        }
    }

    func set(_ value: BSONValue) {
        content = .scalar(value)
    }

    /// A field more; those of before stay.
    func field(_ key: String) -> Slot {
        let slot = Slot()
        var fields: [(key: String, slot: Slot)] = []
        if case .object(let known) = content { fields = known }
        // Let go first, so that the array grows in place.
        content = .array([])
        fields.append((key, slot))
        content = .object(fields)
        return slot
    }

    func beArray() {
        content = .array([])
    }

    var count: Int {
        if case .array(let slots) = content { slots.count } else { 0 }
    }

    func element() -> Slot {
        let slot = Slot()
        guard case .array(var slots) = content else { return slot }
        content = .array([])
        slots.append(slot)
        content = .array(slots)
        return slot
    }
}

private struct DocumentEncoder: Encoder {
    let slot: Slot
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(Fields(slot: slot))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        slot.beArray()
        return Elements(slot: slot)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        Scalar(slot: slot)
    }
}

private struct Fields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { slot.field(key.stringValue).set(.null) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try Scalar(slot: slot.field(key.stringValue)).encode(value)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        DocumentEncoder(slot: slot.field(key.stringValue)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        DocumentEncoder(slot: slot.field(key.stringValue)).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { DocumentEncoder(slot: slot.field("super")) }
    func superEncoder(forKey key: Key) -> any Encoder { DocumentEncoder(slot: slot.field(key.stringValue)) }
}

private struct Elements: UnkeyedEncodingContainer {
    let slot: Slot
    var codingPath: [any CodingKey] { [] }
    var count: Int { slot.count }

    func encodeNil() { slot.element().set(.null) }
    func encode<T: Encodable>(_ value: T) throws { try Scalar(slot: slot.element()).encode(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        DocumentEncoder(slot: slot.element()).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        DocumentEncoder(slot: slot.element()).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { DocumentEncoder(slot: slot.element()) }
}

private struct Scalar: SingleValueEncodingContainer {
    let slot: Slot
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { slot.set(.null) }

    func encode<T: Encodable>(_ value: T) throws {
        switch value {
        case let value as ExtendedJSON: slot.set(value.value)
        case let value as String: slot.set(BSONValue(value))
        case let value as Bool: slot.set(BSONValue(value))
        case let value as Int: slot.set(BSONValue(value))
        case let value as Double: slot.set(BSONValue(value))
        default: try value.encode(to: DocumentEncoder(slot: slot))
        }
    }
}
