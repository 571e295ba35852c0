import Glibc
import LockstepCore

extension ExecCommand {
    /// Starts the program with pipes on stdin, stdout and stderr, as the head of a process group of its own:
    /// what it starts itself ends with it, and Ctrl-C in a terminal does not reach it before the daemon has
    /// drained.
    ///
    /// - Throws: ``ModelError/unavailable(_:)``: nothing is wrong with the inputs.
    func start(
        model: String, log: ExecLog, onNoise: @escaping () -> Void
    ) throws(ModelError) -> ExecProcess {
        let environment = fullEnvironment { getenv($0).map { String(cString: $0) } }
        let search = ExecutableSearch.find(
            arguments.first ?? "", directory: directory, path: environment["PATH"] ?? "")
        let file: String
        switch search {
        case .found(let path): file = path
        case .failed(let reason): throw cannotStart(model, reason)
        }
        do throws(ErrorNumber) {
            let input = try Pipe()
            let output = try Pipe()
            let errors = try Pipe()
            try input.write.stopBlocking()
            try output.read.stopBlocking()
            try errors.read.stopBlocking()
            let pid = try spawn(
                file, environment, stdin: input.read.descriptor, stdout: output.write.descriptor,
                stderr: errors.write.descriptor)
            return ExecProcess(
                pid: pid, input: input.write, output: output.read, errors: errors.read, log: log,
                onNoise: onNoise)
        } catch {
            throw cannotStart(model, reason(error, file: file))
        }
    }

    private func spawn(
        _ file: String, _ environment: [String: String], stdin: Int32, stdout: Int32, stderr: Int32
    ) throws(ErrorNumber) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, stdin, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, stdout, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, stderr, STDERR_FILENO)
        // Not all that is open in this process was opened with close-on-exec.
        _ = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
        _ = posix_spawn_file_actions_addchdir_np(&actions, directory)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)

        var pid: pid_t = 0
        let variables = environment.map { "\($0.key)=\($0.value)" }
        let code = withCStrings(arguments) { argv in
            withCStrings(variables) { envp in
                posix_spawn(&pid, file, &actions, &attributes, argv, envp)
            }
        }
        guard code == 0 else { throw ErrorNumber(code) }
        return pid
    }

    private func cannotStart(_ model: String, _ reason: String) -> ModelError {
        .unavailable("model `\(model)` (\(self)) cannot be started: \(reason)")
    }

    private func reason(_ error: ErrorNumber, file: String) -> String {
        switch error.code {
        case ENOEXEC: "`\(file)` is no program: does it begin with a line as `#!/usr/bin/env python3`?"
        case ENOENT where access(directory, X_OK) != 0: "its working directory `\(directory)` does not exist"
        case ENOENT: "the interpreter that the first line of `\(file)` names does not exist"
        case EMFILE, ENFILE: "\(error): raise the limit of open files (`ulimit -n`)"
        default: "\(error) (`\(file)` in `\(directory)`)"
        }
    }
}

/// Lends the strings as C's null-ended array of pointers.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies = strings.map { strdup($0) } + [nil]
    defer { copies.forEach { free($0) } }
    return copies.withUnsafeBufferPointer { pointers in
        // Never empty: the closing null is always there.
        pointers.baseAddress.map(body)!
    }
}
