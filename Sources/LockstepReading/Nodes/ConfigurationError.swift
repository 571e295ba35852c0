/// One thing that is wrong in the configuration: where, what, and what to write instead. Holds no secret.
package struct ConfigurationProblem: Sendable, Hashable {
    package let file: String
    /// Nil when the file as a whole is meant.
    package let line: Int?
    package let message: String

    package init(file: String, line: Int?, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// As compilers print it: `lockstep.yaml:12: what is wrong`.
    package var description: String {
        line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)"
    }
}

/// Everything that is wrong in the configuration, in the order of the lines; nothing starts with it.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]

    /// One problem a line.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
