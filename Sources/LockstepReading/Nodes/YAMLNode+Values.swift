extension YAMLNode {
    /// A text; numbers and the like are taken as they are written.
    package func text(_ what: String, _ example: String, problems: inout Problems) -> String? {
        if isUnfilled { return nil }
        guard case .scalar(let scalar) = content, !isNull else {
            problems.add(line, "\(what) must be a text, as `\(example)`: found \(found)")
            return nil
        }
        return scalar.text
    }

    /// A whole number of at least one.
    package func count(_ what: String, problems: inout Problems) -> Int? {
        if case .scalar(let scalar) = content, let number = Int(scalar.text), number >= 1 { return number }
        problems.add(line, "\(what) must be a whole number from 1: found \(found)")
        return nil
    }

    /// `true` or `false`.
    package func flag(_ what: String, problems: inout Problems) -> Bool? {
        if case .scalar(let scalar) = content, let flag = Bool(scalar.text) { return flag }
        problems.add(line, "\(what) must be `true` or `false`: found \(found)")
        return nil
    }

    /// `off`, `false` or `no`.
    package var isOff: Bool {
        guard case .scalar(let scalar) = content else { return false }
        return ["off", "false", "no"].contains(scalar.text.lowercased())
    }

    /// A length of time above zero.
    package func duration(_ what: String, problems: inout Problems) -> Duration? {
        guard case .scalar(let scalar) = content, let duration = Duration(written: scalar.text),
            duration > .zero
        else {
            var example = "30s"
            if case .scalar(let scalar) = content, Duration(written: scalar.text + "s") ?? .zero > .zero {
                example = scalar.raw + "s"
            }
            problems.add(
                line,
                "\(what) must be a length of time above zero with its unit, as `\(example)` or `5m`: found \(found)"
            )
            return nil
        }
        return duration
    }

    /// A list of texts, with their lines.
    package func texts(
        _ what: String, _ example: String, problems: inout Problems
    ) -> [(text: String, line: Int)]? {
        guard case .list(let nodes) = content, !nodes.isEmpty else {
            problems.add(
                line,
                "\(what) must be a list, as `\(example)`: found \(isEmptyList ? "an empty list" : found)")
            return nil
        }
        var texts: [(text: String, line: Int)] = []
        for node in nodes {
            if let text = node.text("an entry of \(what)", example, problems: &problems) {
                texts.append((text, node.line))
            }
        }
        return texts.count == nodes.count ? texts : nil
    }

    package var isList: Bool {
        if case .list = content { true } else { false }
    }

    private var isEmptyList: Bool {
        if case .list(let nodes) = content { return nodes.isEmpty }
        return false
    }
}
