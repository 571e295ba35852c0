import LockstepReading

extension TextSettings {
    /// The keys that every kind of text model has.
    package static let keys = [
        KeySchema("prefix", .text, "Put before each text that is stored, as \"passage: \"."),
        KeySchema("queryPrefix", .text, "Put before each text that is searched for, as \"query: \"."),
        KeySchema(
            "overlong", .choice(Overlong.allCases.map(\.rawValue)),
            "What becomes of a text that is longer than the model takes: its document is parked, or it is cut and marked. Default: truncate."
        ),
    ]

    /// Reads them from a model's mapping.
    package init(_ model: MappingReader, problems: inout Problems) {
        self.init()
        prefix = model["prefix"]?.text("`prefix`", "\"passage: \"", problems: &problems) ?? prefix
        queryPrefix =
            model["queryPrefix"]?.text("`queryPrefix`", "\"query: \"", problems: &problems) ?? queryPrefix
        if let node = model["overlong"] {
            let text = node.text("`overlong`", "truncate", problems: &problems)
            if let known = text.flatMap(Overlong.init) {
                overlong = known
            } else if text != nil {
                problems.add(node.line, "`overlong` must be `refuse` or `truncate`: found \(node.found)")
            }
        }
    }

    /// For the version: what changes the predictions.
    package func add(to version: inout ModelHash) {
        // A model without them keeps the version that it had before there were any.
        guard self != TextSettings(queryPrefix: queryPrefix) else { return }
        version.add("prefix")
        version.add(prefix)
        version.add(overlong.rawValue)
    }
}
