/// Collects problems while the file is read.
package struct Problems {
    package let file: String
    package private(set) var all: [ConfigurationProblem] = []

    package init(file: String) {
        self.file = file
    }

    package var isEmpty: Bool { all.isEmpty }

    package mutating func add(_ line: Int?, _ message: String) {
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
