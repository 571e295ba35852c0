/// Writes parts of `lockstep.yaml`.
package enum YAMLText {
    /// A text as YAML reads it back, whatever it holds; `${` stands for itself.
    package static func scalar(_ text: String) -> String {
        let isPlain =
            text.utf8.first.map { isLetter($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") } == true
            && text.utf8.allSatisfy { isLetter($0) || 0x30...0x39 ~= $0 || "_-./".utf8.contains($0) }
            && text.utf8.contains(where: isLetter)
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n", ".nan", ".inf"].contains(
                text.lowercased())
        return isPlain ? text : quoted(text)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        0x41...0x5A ~= byte || 0x61...0x7A ~= byte
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.replacing("${", with: "$${").unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _
            where scalar.properties.generalCategory == .control || scalar.value == 0xFEFF
                || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
