/// One thing that is wrong in the configuration: where, what, and what to write instead. Holds no secret.
public struct ConfigurationProblem: Sendable, Hashable {
    public let file: String
    /// Nil when the file as a whole is meant.
    public let line: Int?
    public let message: String
}

extension ConfigurationProblem: CustomStringConvertible {
    /// As compilers print it: `lockstep.yaml:12: what is wrong`.
    public var description: String {
        line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)"
    }
}

/// Everything that is wrong in the configuration, in the order of the lines; nothing starts with it.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    public let problems: [ConfigurationProblem]

    /// One problem a line.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

/// Collects problems while the file is read.
struct Problems {
    let file: String
    private(set) var all: [ConfigurationProblem] = []

    init(file: String) {
        self.file = file
    }

    var isEmpty: Bool { all.isEmpty }

    mutating func add(_ line: Int?, _ message: String) {
        let problem = ConfigurationProblem(file: file, line: line, message: message)
        // An anchor that is used twice is read twice.
        if !all.contains(problem) { all.append(problem) }
    }

    /// In the order of the lines; those of one line as they were found.
    var error: ConfigurationError {
        let order = all.indices.sorted { (all[$0].line ?? 0, $0) < (all[$1].line ?? 0, $1) }
        return ConfigurationError(problems: order.map { all[$0] })
    }
}
