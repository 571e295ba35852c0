import CMongoShim

/// A document that another owner lends to a closure; never stored.
package struct BSONView {
    package let bytes: UnsafeRawBufferPointer

    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The first element of that name; nil when there is none or the bytes are not BSON.
    package subscript(key: StaticString) -> BSONElement? {
        find(UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    }

    package subscript(key: String) -> BSONElement? {
        var key = key
        return key.withUTF8 { find(UnsafeRawBufferPointer($0)) }
    }

    package subscript(component key: Substring) -> BSONElement? {
        var key = key
        return key.withUTF8 { find(UnsafeRawBufferPointer($0)) }
    }

    package subscript(utf8 key: ArraySlice<UInt8>) -> BSONElement? {
        key.withUnsafeBytes(find)
    }

    private func find(_ key: UnsafeRawBufferPointer) -> BSONElement? {
        guard let base = bytes.baseAddress else { return nil }
        var element = unsafe_empty_element()
        let found = shim_bson_find(
            base.assumingMemoryBound(to: UInt8.self), bytes.count,
            key.baseAddress!.assumingMemoryBound(to: CChar.self), key.count, &element)
        return found == 1 ? BSONElement(element) : nil
    }
}

extension BSONView: Sequence {
    /// Walks the elements in order; stops at the end or where the bytes are no longer BSON.
    package struct Iterator: IteratorProtocol {
        private let bytes: UnsafeRawBufferPointer
        private var offset: UInt32 = 0

        init(_ bytes: UnsafeRawBufferPointer) {
            self.bytes = bytes
        }

        package mutating func next() -> BSONElement? {
            guard let base = bytes.baseAddress else { return nil }
            var element = unsafe_empty_element()
            let step = shim_bson_next(
                base.assumingMemoryBound(to: UInt8.self), bytes.count, &offset, &element)
            return step == 1 ? BSONElement(element) : nil
        }
    }

    package func makeIterator() -> Iterator {
        Iterator(bytes)
    }
}

/// One element of a ``BSONView``, borrowing from it.
package struct BSONElement {
    package let type: BSONType
    package let key: UnsafeRawBufferPointer
    package let value: UnsafeRawBufferPointer

    init(_ element: shim_element) {
        type = BSONType(rawValue: element.type)
        key = UnsafeRawBufferPointer(start: element.key, count: Int(element.key_length))
        value = UnsafeRawBufferPointer(start: element.value, count: Int(element.value_length))
    }

    package var name: String {
        String(decoding: key, as: UTF8.self)
    }

    package func isNamed(_ name: StaticString) -> Bool {
        shim_same(key.baseAddress, key.count, name.utf8Start, name.utf8CodeUnitCount)
    }

    /// The nested document or array.
    package var nested: BSONView? {
        type == .document || type == .array ? BSONView(value) : nil
    }

    /// The bytes of a string, without its length and closing NUL.
    package var text: UnsafeRawBufferPointer? {
        guard type == .string, value.count >= 5 else { return nil }
        return UnsafeRawBufferPointer(rebasing: value[4..<(value.count - 1)])
    }

    package var string: String? {
        text.map { String(decoding: $0, as: UTF8.self) }
    }

    package var int64: Int64? {
        switch type {
        case .int32: Int64(load(Int32.self))
        case .int64: load(Int64.self)
        case .double: Int64(exactly: Double(bitPattern: load(UInt64.self)))
        default: nil
        }
    }

    package var bool: Bool? {
        switch type {
        case .bool: value.first == 1
        case .int32, .int64, .double: int64 != 0
        default: nil
        }
    }

    package var milliseconds: Int64? {
        type == .date ? load(Int64.self) : nil
    }

    package var timestamp: BSONTimestamp? {
        guard type == .timestamp else { return nil }
        let raw = load(UInt64.self)
        return BSONTimestamp(seconds: UInt32(raw >> 32), increment: UInt32(truncatingIfNeeded: raw))
    }

    /// A copy of the nested document.
    package var document: BSONDocument? {
        type == .document ? BSONDocument(trusted: Array(value)) : nil
    }

    private func load<Number: FixedWidthInteger>(_: Number.Type) -> Number {
        Number(littleEndian: value.loadUnaligned(as: Number.self))
    }
}

/// A place for C to fill; never read before it is.
@inline(__always)
private func unsafe_empty_element() -> shim_element {
    withUnsafeTemporaryAllocation(of: shim_element.self, capacity: 1) { place in
        UnsafeMutableRawPointer(place.baseAddress!).initializeMemory(
            as: UInt8.self, repeating: 0, count: MemoryLayout<shim_element>.size)
        return place[0]
    }
}

extension BSONView {
    package static var empty: BSONView {
        BSONView(UnsafeRawBufferPointer(start: nil, count: 0))
    }
}
