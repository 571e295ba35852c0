import Foundation

/// A file that is made anew, and never written over unless that is asked for.
enum NewFile {
    /// - Parameter mode: 0o600 for what holds a secret.
    static func write(_ text: String, to path: String, mode: mode_t, replacing: Bool) throws {
        var target = path
        if replacing {
            // In place at once or not at all.
            target = "\(path).\(getpid()).new"
            unlink(target)
        }
        let file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure(path, errno) }
        // Whatever the umask lets through.
        fchmod(file, mode)
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        } catch {
            unlink(target)
            throw Failure(.wrong, "`\(path)` cannot be written: is the disk full?")
        }
        if replacing, rename(target, path) != 0 {
            let code = errno
            unlink(target)
            throw failure(path, code)
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> Failure {
        switch code {
        case EEXIST, ELOOP:
            Failure(.wrong, "`\(path)` is there already: `--force` writes over it, `-o` names another file")
        case ENOENT: Failure(.wrong, "`\(path)` cannot be made: there is no such folder")
        default: Failure(.wrong, "`\(path)` cannot be made: \(String(cString: strerror(code)))")
        }
    }
}
