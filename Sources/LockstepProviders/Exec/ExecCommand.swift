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
    /// What a program needs to find itself, its user, the language, the time, and whom to trust. Nothing that may hold a
    /// secret: not even `HTTPS_PROXY`, which may hold a password.
    static let inheritedVariables = [
        "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE",
        "LC_CTYPE",
        "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ]

    /// All that the program gets to see: ``inheritedVariables``, and what the configuration says. Nothing else is
    /// inherited, so that no secret of the daemon's reaches the program.
    func fullEnvironment(inherited: (String) -> String?) -> [String: String] {
        var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
        for name in Self.inheritedVariables {
            if let value = inherited(name) { variables[name] = value }
        }
        variables["PYTHONUNBUFFERED"] = "1"
        variables["PYTHONIOENCODING"] = "utf-8"
        return variables.merging(environment) { _, configured in configured }
    }
}
