import CMongoShim

/// Builds a document element by element, by libbson.
///
/// A key that holds a NUL byte cannot stand in BSON: such an element is left out.
package struct BSONBuilder: ~Copyable {
    let handle: OpaquePointer

    package init() {
        handle = shim_builder_new()
    }

    deinit {
        shim_builder_free(handle)
    }

    /// Removes all elements and keeps the memory.
    package mutating func reset() {
        shim_builder_reset(handle)
    }

    /// The number of bytes so far.
    package var count: Int {
        var length: UInt32 = 0
        _ = shim_builder_data(handle, &length)
        return Int(length)
    }

    package func finish() -> BSONDocument {
        withBytes { BSONDocument(trusted: Array($0)) }
    }

    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var length: UInt32 = 0
        let data = shim_builder_data(handle, &length)
        return try body(UnsafeRawBufferPointer(start: data, count: Int(length)))
    }
}

// MARK: Appending

extension BSONBuilder {
    package mutating func append(_ value: BSONValue, forKey key: String) {
        value.bytes.withUnsafeBytes { append(type: value.type, bytes: $0, forKey: key) }
    }

    package mutating func append(_ element: BSONElement, forKey key: String) {
        append(type: element.type, bytes: element.value, forKey: key)
    }

    package mutating func append(type: BSONType, bytes: UnsafeRawBufferPointer, forKey key: String) {
        withKey(key) { name, length in
            shim_append_raw(
                handle, name, length, type.rawValue,
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(bytes.count))
        }
    }

    package mutating func append(_ value: String, forKey key: String) {
        var value = value
        _ = value.withUTF8 { text in
            withKey(key) { name, length in
                text.withMemoryRebound(to: CChar.self) { characters in
                    guard let base = characters.baseAddress else {
                        return shim_append_utf8(handle, name, length, "", 0)
                    }
                    return shim_append_utf8(handle, name, length, base, Int32(characters.count))
                }
            }
        }
    }

    package mutating func append(_ value: Int, forKey key: String) {
        if let small = Int32(exactly: value) {
            withKey(key) { shim_append_int32(handle, $0, $1, small) }
        } else {
            withKey(key) { shim_append_int64(handle, $0, $1, Int64(value)) }
        }
    }

    package mutating func append(int64 value: Int64, forKey key: String) {
        withKey(key) { shim_append_int64(handle, $0, $1, value) }
    }

    package mutating func append(_ value: Double, forKey key: String) {
        withKey(key) { shim_append_double(handle, $0, $1, value) }
    }

    package mutating func append(_ value: Bool, forKey key: String) {
        withKey(key) { shim_append_bool(handle, $0, $1, value) }
    }

    package mutating func append(milliseconds: Int64, forKey key: String) {
        withKey(key) { shim_append_date(handle, $0, $1, milliseconds) }
    }

    package mutating func append(_ value: BSONTimestamp, forKey key: String) {
        withKey(key) { shim_append_timestamp(handle, $0, $1, value.seconds, value.increment) }
    }

    package mutating func append(binary: [UInt8], subtype: UInt8, forKey key: String) {
        withKey(key) { shim_append_binary(handle, $0, $1, subtype, binary, UInt32(binary.count)) }
    }

    package mutating func append(_ document: BSONDocument, forKey key: String) {
        document.bytes.withUnsafeBytes { append(type: .document, bytes: $0, forKey: key) }
    }

    /// Appends every element of `document`.
    package mutating func append(elementsOf document: BSONDocument) {
        _ = shim_append_elements(handle, document.bytes, document.bytes.count)
    }

    package mutating func document(_ key: String, _ body: (inout BSONBuilder) -> Void) {
        let begun = withKey(key) { shim_begin_document(handle, $0, $1) }
        nest(begun, body)
    }

    package mutating func array(_ key: String, _ body: (inout BSONBuilder) -> Void) {
        let begun = withKey(key) { shim_begin_array(handle, $0, $1) }
        nest(begun, body)
    }

    private mutating func nest(_ begun: Bool, _ body: (inout BSONBuilder) -> Void) {
        guard begun else { return }
        body(&self)
        shim_end(handle)
    }
}

@discardableResult
@inline(__always)
private func withKey(_ key: String, _ body: (UnsafePointer<CChar>, Int32) -> Bool) -> Bool {
    var key = key
    return key.withUTF8 { text in
        text.withMemoryRebound(to: CChar.self) { characters in
            guard let base = characters.baseAddress else { return body("", 0) }
            return body(base, Int32(characters.count))
        }
    }
}
