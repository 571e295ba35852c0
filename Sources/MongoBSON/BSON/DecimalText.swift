import CMongoShim

/// A Decimal128 as text that `Double` reads.
func decimalText(of bytes: [UInt8]) -> String {
    guard bytes.count == 16 else { return "nan" }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
        shim_decimal128_to_string(bytes, text.baseAddress!)
        return String(cString: text.baseAddress!)
    }
}
