/// The names of the validator's rules that an update breaks, without values.
package struct ValidationRules {
    /// As `maxLength (title)`.
    package private(set) var rules: [String] = []
    /// The dotted paths of the fields that they are about.
    package private(set) var fields: [String] = []

    private static let longest = 5

    /// - Parameter details: the `errInfo` of a write error.
    package init(_ details: BSONView) {
        if let rule = details["details"]?.nested { read(rule, at: [], depth: 0) }
    }

    /// At most five rules, joined; empty when the server names none.
    package var text: String {
        let more = rules.count - Self.longest
        return rules.prefix(Self.longest).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    private mutating func read(_ rule: BSONView, at path: [String], depth: Int) {
        guard depth < 100 else { return }
        let operation = rule["operatorName"]?.string ?? "a rule"
        var isLeaf = true
        for list in ["schemaRulesNotSatisfied", "propertiesNotSatisfied", "clausesNotSatisfied", "details"] {
            guard let parts = rule[list]?.nested else { continue }
            isLeaf = false
            for part in parts {
                guard let nested = part.nested else { continue }
                if let name = nested["propertyName"]?.string {
                    read(nested, at: path + [name], depth: depth + 1)
                } else if let clause = nested["details"]?.nested, nested["operatorName"] == nil {
                    read(clause, at: path, depth: depth + 1)
                } else {
                    read(nested, at: path, depth: depth + 1)
                }
            }
        }
        guard isLeaf else { return }
        // Names that the schema does not know stand in the document; those that it asks for, in the schema.
        let named = ["additionalProperties", "missingProperties"].flatMap { list in
            (rule[list]?.nested).map { $0.compactMap(\.string) } ?? []
        }
        if !named.isEmpty {
            add(operation, named.map { (path + [$0]).joined(separator: ".") })
        } else if !path.isEmpty {
            add(operation, [path.joined(separator: ".")])
        } else {
            // A query instead of a schema: its field is its first name.
            let field = (rule["specifiedAs"]?.nested).flatMap { $0.first { _ in true }?.name }
            add(operation, field.map { $0.hasPrefix("$") ? [] : [$0] } ?? [])
        }
    }

    private mutating func add(_ operation: String, _ names: [String]) {
        fields += names
        // A name that somebody made of a value is none.
        let shown = names.prefix(Self.longest).map {
            $0.contains { $0.isNumber || $0 == "@" || $0.isWhitespace } ? "…" : "`\($0)`"
        }
        let rule = shown.isEmpty ? operation : "\(operation) of \(shown.joined(separator: ", "))"
        if !rules.contains(rule) { rules.append(rule) }
    }
}
