/// Damages bytes at random, the same way for the same seed.
struct Mutator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func number(below bound: Int) -> Int {
        Int(next() % UInt64(max(bound, 1)))
    }

    /// - Parameter splice: what parts are taken of.
    mutating func mutate(_ bytes: [UInt8], splice: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...number(below: 4) {
            guard !bytes.isEmpty else { return bytes }
            let place = number(below: bytes.count)
            switch number(below: 9) {
            case 0: bytes[place] ^= 1 << UInt8(number(below: 8))
            case 1: bytes[place] = UInt8(number(below: 256))
            case 2: bytes.removeLast(bytes.count - place)
            case 3: overwrite(&bytes, at: place, with: Self.lengths[number(below: Self.lengths.count)])
            case 4:
                // The length of the document itself is made right again, so that what is wrong lies deeper.
                bytes.remove(at: place)
                overwrite(&bytes, at: 0, with: Int32(bytes.count))
            case 5 where !splice.isEmpty:
                let from = number(below: splice.count)
                let count = number(below: min(32, splice.count - from) + 1)
                bytes.insert(contentsOf: splice[from..<(from + count)], at: place)
                overwrite(&bytes, at: 0, with: Int32(bytes.count))
            case 6: bytes[place] = Self.types[number(below: Self.types.count)]
            case 7: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 16)], at: place)
            default: bytes[place] = [0, 0xFF, 0xC0, 0x80, 0xED][number(below: 5)]
            }
        }
        return bytes
    }

    private func overwrite(_ bytes: inout [UInt8], at place: Int, with value: Int32) {
        guard place + 4 <= bytes.count else { return }
        for (index, byte) in withUnsafeBytes(of: value.littleEndian, Array.init).enumerated() {
            bytes[place + index] = byte
        }
    }

    private static let lengths: [Int32] = [
        0, 1, 4, 5, 6, -1, .max, .min, .max - 4, 1 << 24, 1 << 30, 127, 255,
    ]
    private static let types: [UInt8] = Array(1...0x13) + [0x7F, 0xFF, 0x14, 0x80]
}
