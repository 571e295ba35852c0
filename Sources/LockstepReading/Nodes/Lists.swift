extension [String] {
    /// Names in a message: `` `a`, `b`, `c` ``.
    package var codeList: String {
        code.joined(separator: ", ")
    }

    /// Each as code.
    package var code: [String] {
        map { "`\($0)`" }
    }

    /// With what stands before the last one: `a, b or c`.
    package func joined(last separator: String) -> String {
        guard let last, count > 1 else { return joined() }
        return dropLast().joined(separator: ", ") + separator + last
    }
}
