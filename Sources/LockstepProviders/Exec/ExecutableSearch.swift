import Glibc

/// Where a program stands, or why it cannot be run.
enum ExecutableSearch: Equatable {
    case found(String)
    case failed(String)

    /// Looks the program up as a shell would: in the directories of `path` when its name holds no slash, else
    /// relative to `directory`.
    init(_ name: String, directory: String, path: String) {
        guard !name.isEmpty else {
            self = .failed("the command is empty")
            return
        }
        guard !name.contains("/") else {
            self.init(file: name.hasPrefix("/") ? name : "\(directory)/\(name)")
            return
        }
        var refused: String?
        for folder in path.split(separator: ":") where folder.hasPrefix("/") {
            let candidate = "\(folder)/\(name)"
            switch Kind(of: candidate) {
            case .executable:
                self = .found(candidate)
                return
            case .notExecutable: refused = refused ?? candidate
            case .directory, .absent: break
            }
        }
        if let refused {
            self.init(file: refused)
        } else if Kind(of: "\(directory)/\(name)") != .absent {
            self = .failed("`\(name)` is not in PATH: for the one beside the configuration write `./\(name)`")
        } else {
            self = .failed("`\(name)` is not in PATH: install it, or write its whole path")
        }
    }

    private init(file: String) {
        switch Kind(of: file) {
        case .executable: self = .found(file)
        case .notExecutable:
            self = .failed(
                "`\(file)` is not executable: run `chmod +x`, or name its interpreter first, as [python3, …]")
        case .directory: self = .failed("`\(file)` is a directory")
        case .absent: self = .failed("`\(file)` does not exist")
        }
    }

    private enum Kind {
        case executable, notExecutable, directory, absent

        init(of path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else {
                self = .absent
                return
            }
            if status.st_mode & S_IFMT == S_IFDIR {
                self = .directory
            } else {
                self = access(path, X_OK) == 0 ? .executable : .notExecutable
            }
        }
    }
}
