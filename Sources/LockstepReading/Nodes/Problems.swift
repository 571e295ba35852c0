/// Collects problems while the file is read.
package struct Problems {
    package let file: String
    package private(set) var all: [ConfigurationProblem] = []
    /// Texts that variables have filled in, with what stands in the file.
    private var filled: [(text: String, raw: String)] = []
    /// Characters of a filled text that no message holds by chance.
    private static let tellingLength = 12

    package init(file: String) {
        self.file = file
    }

    package var isEmpty: Bool { all.isEmpty }

    /// A text that no message shows, since it may be a secret.
    package mutating func hide(_ text: String, as raw: String) {
        guard text != raw, text.count >= Self.tellingLength else { return }
        filled.append((text, raw))
        filled.sort { $0.text.count > $1.text.count }
    }

    package mutating func add(_ line: Int?, _ message: String) {
        let message = filled.reduce(message) { $0.replacing($1.text, with: $1.raw) }
        let problem = ConfigurationProblem(file: file, line: line, message: message)
        // An anchor that is used twice is read twice.
        if !all.contains(problem) { all.append(problem) }
    }

    /// In the order of the lines; those of one line as they were found.
    package var error: ConfigurationError {
        let order = all.indices.sorted { (all[$0].line ?? 0, $0) < (all[$1].line ?? 0, $1) }
        return ConfigurationError(problems: order.map { all[$0] })
    }
}
