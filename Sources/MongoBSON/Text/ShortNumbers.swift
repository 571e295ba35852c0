/// Doubles in JSON with as few digits as give the same number: libbson writes twenty, as `46.600000000000001421`.
enum ShortNumbers {
    /// - Parameter json: valid JSON in UTF-8.
    static func text(_ json: UnsafeBufferPointer<UInt8>) -> String {
        var short: [UInt8] = []
        var (place, copied) = (0, 0)
        while place < json.count {
            switch json[place] {
            case UInt8(ascii: "\""): place = endOfText(json, place)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let end = json[place...].firstIndex { !isOfNumber($0) } ?? json.count
                if let number = double(json[place..<end]) {
                    short += json[copied..<place]
                    short += "\(number)".utf8
                    copied = end
                }
                place = end
            default: place += 1
            }
        }
        guard copied > 0 else { return String(decoding: json, as: UTF8.self) }
        return String(decoding: short + json[copied...], as: UTF8.self)
    }

    private static func endOfText(_ json: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var place = start + 1
        while place < json.count, json[place] != UInt8(ascii: "\"") {
            place += json[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(place + 1, json.count)
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Nil for an integer, which stays as it is.
    private static func double(_ number: Slice<UnsafeBufferPointer<UInt8>>) -> Double? {
        let isInteger = number.allSatisfy { $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }
        return isInteger ? nil : Double(String(decoding: number, as: UTF8.self))
    }
}
