/// What to run: a program with its arguments, where, and with which environment.
public struct ExecCommand: Sendable, Hashable {
    /// The program and its arguments. The program is looked up in `PATH`, or relative to ``directory`` when
    /// its name holds a slash.
    public var arguments: [String]
    /// The working directory, absolute: the folder of the configuration file.
    public var directory: String
    /// Variables for the program beyond those it is always given.
    public var environment: [String: String]

    public init(_ arguments: [String], directory: String, environment: [String: String] = [:]) {
        self.arguments = arguments
        self.directory = directory
        self.environment = environment
    }
}

extension ExecCommand: CustomStringConvertible {
    /// The command as people type it; for messages, not for a shell.
    public var description: String {
        arguments.map { $0.isEmpty || $0.contains(" ") ? "\"\($0)\"" : $0 }.joined(separator: " ")
    }
}

extension ExecCommand {
    /// All that the program gets to see: where programs and the user's files are, the language, and what the
    /// configuration says. Nothing else is inherited, so that no secret of the daemon's reaches the program.
    func fullEnvironment(inherited: (String) -> String?) -> [String: String] {
        var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
        for name in ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"] {
            if let value = inherited(name) { variables[name] = value }
        }
        variables["PYTHONUNBUFFERED"] = "1"
        variables["PYTHONIOENCODING"] = "utf-8"
        return variables.merging(environment) { _, configured in configured }
    }
}
