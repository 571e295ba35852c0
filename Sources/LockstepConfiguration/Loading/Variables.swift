/// Fills `${NAME}` and `${NAME:-default}` in a text. `$${` stands for `${` itself. As in a shell, an empty
/// variable takes the default too.
struct Variables {
    let environment: [String: String]

    /// The filled text, and what is wrong with it.
    ///
    /// - Parameter isSecret: a default of it would stand in the file.
    func expand(_ text: String, isSecret: Bool = false) -> (text: String, problems: [String]) {
        guard text.contains("${") else { return (text, []) }
        var problems: [String] = []
        var rest = Substring(text)
        let filled = fill(&rest, isDefault: false, isSecret, &problems)
        return (filled, problems)
    }

    /// Reads to the end, or in a default up to its closing brace.
    private func fill(
        _ rest: inout Substring, isDefault: Bool, _ isSecret: Bool, _ problems: inout [String]
    ) -> String {
        var filled = ""
        while let first = rest.first {
            if rest.hasPrefix("$${") {
                filled += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                rest = rest.dropFirst(2)
                filled += variable(&rest, isSecret, &problems)
            } else if isDefault, first == "}" {
                return filled
            } else {
                filled.append(first)
                rest = rest.dropFirst()
            }
        }
        return filled
    }

    /// Reads what follows `${`, with the closing brace.
    private func variable(
        _ rest: inout Substring, _ isSecret: Bool, _ problems: inout [String]
    ) -> String {
        let name = rest.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
        rest = rest.dropFirst(name.count)
        var alternative: String?
        // Problems of a default count only where it is used.
        var problemsOfDefault: [String] = []
        if rest.hasPrefix(":-") {
            rest = rest.dropFirst(2)
            alternative = fill(&rest, isDefault: true, isSecret, &problemsOfDefault)
        }
        let isName = name.first.map { !$0.isNumber } ?? false
        guard isName, rest.first == "}" else {
            let isClosed = rest.contains("}")
            rest = isClosed ? rest.drop { $0 != "}" }.dropFirst() : ""
            problems.append(
                isClosed || !isName
                    ? "`${\(name)…` is no variable: write `${NAME}` or `${NAME:-default}`, and `$${` for the text `${`"
                    : "`${\(name)` has no closing `}`; for the text `${` itself write `$${`")
            return ""
        }
        rest = rest.dropFirst()
        if let value = environment[String(name)], !(value.isEmpty && alternative != nil) { return value }
        if let alternative {
            problems += problemsOfDefault
            return alternative
        }
        let advice = isSecret ? "set it" : "set it, or write a default as `${\(name):-…}`"
        problems.append("the variable `\(name)` is not set: \(advice)")
        return ""
    }
}
