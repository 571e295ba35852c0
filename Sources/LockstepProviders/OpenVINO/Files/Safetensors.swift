import Foundation

/// The tensors of a small file of weights (https://github.com/huggingface/safetensors).
struct Safetensors {
    struct Tensor {
        let shape: [Int]
        let values: [Float]
    }

    private let header: [String: Any]
    private let bytes: Data

    /// Nil when there is none, or it is none.
    static func read(_ path: String) -> Safetensors? {
        FileManager.default.contents(atPath: path).flatMap { Safetensors($0) }
    }

    init?(_ data: Data) {
        guard data.count >= 8 else { return nil }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(data.count - 8) else { return nil }
        let text = data[8..<8 + Int(length)]
        guard let header = try? JSONSerialization.jsonObject(with: text) as? [String: Any] else { return nil }
        self.header = header
        bytes = data[(8 + Int(length))...]
    }

    /// Nil when there is none of that name, or of a type that is no float of 16 or 32 bits.
    subscript(name: String) -> Tensor? {
        guard let entry = header[name] as? [String: Any], let shape = entry["shape"] as? [Int],
            let offsets = entry["data_offsets"] as? [Int], offsets.count == 2, 0 <= offsets[0],
            offsets[0] <= offsets[1], offsets[1] <= bytes.count, let type = entry["dtype"] as? String
        else { return nil }
        let data = [UInt8](bytes[(bytes.startIndex + offsets[0])..<(bytes.startIndex + offsets[1])])
        let values: [Float]
        switch type {
        case "F32": values = Self.words(data, of: UInt32.self).map(Float.init(bitPattern:))
        case "BF16": values = Self.words(data, of: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        case "F16": values = Self.words(data, of: UInt16.self).map(Self.half)
        default: return nil
        }
        guard shape.reduce(1, *) == values.count else { return nil }
        return Tensor(shape: shape, values: values)
    }

    private static func words<Word: FixedWidthInteger>(_ bytes: [UInt8], of type: Word.Type) -> [Word] {
        let width = Word.bitWidth / 8
        return stride(from: 0, to: bytes.count - bytes.count % width, by: width).map { start in
            (0..<width).reduce(Word(0)) { $0 | Word(bytes[start + $1]) << (8 * $1) }
        }
    }

    private static func half(_ bits: UInt16) -> Float {
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let (exponent, fraction) = (Int(bits >> 10 & 0x1F), Float(bits & 0x3FF))
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
        }
    }
}
