import Glibc

/// Where a program stands, or why it cannot be run.
enum ExecutableSearch: Equatable {
    case found(String)
    case failed(String)

    /// Looks the program up as a shell would: in the directories of `path` when its name holds no slash, else
    /// relative to `directory`.
    static func find(_ name: String, directory: String, path: String) -> Self {
        guard !name.isEmpty else { return .failed("the command is empty") }
        guard !name.contains("/") else {
            return judge(name.hasPrefix("/") ? name : "\(directory)/\(name)")
        }
        var refused: String?
        for folder in path.split(separator: ":") where folder.hasPrefix("/") {
            let candidate = "\(folder)/\(name)"
            switch Kind.of(candidate) {
            case .executable: return .found(candidate)
            case .notExecutable: refused = refused ?? candidate
            case .directory, .absent: break
            }
        }
        if let refused { return judge(refused) }
        if Kind.of("\(directory)/\(name)") != .absent {
            return .failed("`\(name)` is not in PATH: for the one beside the configuration write `./\(name)`")
        }
        return .failed("`\(name)` is not in PATH: install it, or write its whole path")
    }

    private static func judge(_ file: String) -> Self {
        switch Kind.of(file) {
        case .executable: .found(file)
        case .notExecutable:
            .failed(
                "`\(file)` is not executable: run `chmod +x`, or name its interpreter first, as [python3, …]")
        case .directory: .failed("`\(file)` is a directory")
        case .absent: .failed("`\(file)` does not exist")
        }
    }

    private enum Kind {
        case executable, notExecutable, directory, absent

        static func of(_ path: String) -> Self {
            var status = stat()
            guard stat(path, &status) == 0 else { return .absent }
            if status.st_mode & S_IFMT == S_IFDIR { return .directory }
            return access(path, X_OK) == 0 ? .executable : .notExecutable
        }
    }
}
