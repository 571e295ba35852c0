extension [UInt8] {
    mutating func append<Number: FixedWidthInteger>(littleEndian value: Number) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    func littleEndian<Number: FixedWidthInteger>(_: Number.Type) -> Number {
        guard count >= MemoryLayout<Number>.size else { return 0 }
        return withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(as: Number.self)) }
    }
}
