import CMongoShim

/// Twelve bytes of a new ObjectId.
func newObjectID() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 12) { buffer, count in
        shim_oid_new(buffer.baseAddress!)
        count = 12
    }
}

/// Twelve bytes of the smallest ObjectId of a second since 1970.
func firstObjectID(ofSecond second: Int64) -> [UInt8] {
    let time = UInt32(truncatingIfNeeded: second)
    return (0..<4).map { UInt8(truncatingIfNeeded: time >> (24 - 8 * $0)) } + Array(repeating: 0, count: 8)
}
