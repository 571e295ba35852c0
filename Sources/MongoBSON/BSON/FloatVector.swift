/// The BSON vector of float32: BinData of subtype 9, its element type, the bits of padding, then the numbers.
enum FloatVector {
    private static let subtype: UInt8 = 9
    private static let float32: UInt8 = 0x27

    /// The vector as it stands in a document, with its length.
    static func bytes(of vector: [Float]) -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(vector.count * 4 + 7)
        bytes.append(littleEndian: Int32(vector.count * 4 + 2))
        bytes.append(contentsOf: [subtype, float32, 0])
        vector.withUnsafeBytes { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Nil when the value is no vector of float32.
    static func floats(ofBinary value: BSONValue) -> [Float]? {
        guard let (subtype, data) = value.binary, subtype == Self.subtype, data.count >= 2,
            data.first == float32, (data.count - 2) % 4 == 0
        else { return nil }
        return data.dropFirst(2).withUnsafeBytes { raw in
            (0..<(raw.count / 4)).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
    }

    /// Nil when the value is no array, or an element of it no number.
    static func floats(ofArray value: BSONValue) -> [Float]? {
        guard let values = value.array else { return nil }
        var numbers = [Float]()
        numbers.reserveCapacity(values.count)
        for value in values {
            guard let number = value.double else { return nil }
            numbers.append(Float(number))
        }
        return numbers
    }
}
