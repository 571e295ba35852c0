/// Half of a character in JSON's escapes, which no UTF-8 can hold: `\ud83d` without the other half behind it.
enum LoneSurrogate {
    /// The escape as it stands there; nil where there is none.
    static func first(in text: ArraySlice<UInt8>) -> String? {
        var place = text.startIndex
        while let escape = text[place...].firstIndex(of: UInt8(ascii: "\\")), escape + 1 < text.endIndex {
            guard let unit = codeUnit(text, at: escape) else {
                // The escape of another character, as of a backslash.
                place = escape + 2
                continue
            }
            place = escape + 6
            switch unit {
            case 0xD800...0xDBFF:
                guard let low = codeUnit(text, at: place), (0xDC00...0xDFFF).contains(low) else {
                    return String(decoding: text[escape..<place], as: UTF8.self)
                }
                place += 6
            case 0xDC00...0xDFFF: return String(decoding: text[escape..<place], as: UTF8.self)
            default: break
            }
        }
        return nil
    }

    /// Of the `\uXXXX` that begins there.
    private static func codeUnit(_ text: ArraySlice<UInt8>, at place: Int) -> UInt16? {
        guard place + 6 <= text.endIndex, text[place] == UInt8(ascii: "\\"),
            text[place + 1] == UInt8(ascii: "u")
        else { return nil }
        return UInt16(String(decoding: text[(place + 2)..<(place + 6)], as: UTF8.self), radix: 16)
    }
}
