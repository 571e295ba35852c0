import Foundation
import Synchronization

/// One `mongod` that this process started and ends.
public final class MongodProcess: Sendable {
    public let port: Int
    public let directory: String
    private let arguments: [String]
    private let binary: String
    private let running = Mutex<Process?>(nil)
    private let lock: FolderLock

    /// - Parameters:
    ///   - directory: holds the data and the log; made if it is not there, private to the user.
    ///   - arguments: further ones for `mongod`.
    public init(binary: String, directory: String, port: Int, arguments: [String] = []) {
        self.binary = binary
        self.directory = directory
        self.port = port
        self.arguments = arguments
        lock = FolderLock(file: directory + "/lockstep.lock")
    }

    deinit {
        stop()
    }

    /// The process, for those who want to pause or kill it.
    public var processID: Int32? {
        running.withLock { $0?.processIdentifier }
    }

    public var isRunning: Bool {
        running.withLock { $0?.isRunning ?? false }
    }

    /// Starts the server and returns once it takes connections; blocks for up to 60 s.
    public func start() throws(EmbeddedMongoError) {
        try prepareDirectory()
        guard lock.take() else {
            throw .didNotStart(
                "the MongoDB in `\(directory)` belongs to another process that is running: end that one first"
            )
        }
        endForgottenOne()
        guard !Port.isTaken(port) else { throw .portInUse(port) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments =
            [
                "--dbpath", directory, "--port", String(port), "--bind_ip", "127.0.0.1", "--logpath", logPath,
                "--wiredTigerCacheSizeGB", "0.5", "--nounixsocket",
            ] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw .didNotStart("`\(binary)` cannot be started: \(error.localizedDescription)")
        }
        running.withLock { $0 = process }
        let deadline = Date(timeIntervalSinceNow: 60)
        while !Port.isTaken(port) {
            guard process.isRunning, Date() < deadline else {
                stop()
                throw .didNotStart("`mongod` did not start; its log ends with:\n\(logTail)")
            }
            Thread.sleep(forTimeInterval: 0.01)
        }
    }

    /// Ends the server cleanly; blocks until it is gone.
    public func stop() {
        end(with: SIGTERM)
    }

    /// Ends the server at once, as a power cut would.
    public func kill() {
        end(with: SIGKILL)
    }

    /// Makes the server stand still, as an overloaded machine would, until ``resume()``.
    public func pause() {
        if let processID { Foundation.kill(processID, SIGSTOP) }
    }

    public func resume() {
        if let processID { Foundation.kill(processID, SIGCONT) }
    }

    private func end(with signal: Int32) {
        defer { lock.release() }
        guard let process = running.withLock({ $0.take() }), process.isRunning else { return }
        Foundation.kill(process.processIdentifier, signal)
        // One that was paused would not hear it.
        Foundation.kill(process.processIdentifier, SIGCONT)
        let patience = Date(timeIntervalSinceNow: 20)
        while process.isRunning {
            if Date() > patience { Foundation.kill(process.processIdentifier, SIGKILL) }
            Thread.sleep(forTimeInterval: 0.005)
        }
    }

    private func prepareDirectory() throws(EmbeddedMongoError) {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            // One that was there before may be open to others.
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory)
        } catch {
            throw .didNotStart("the folder `\(directory)` cannot be made: \(error.localizedDescription)")
        }
    }

    /// A `mongod` on this very folder, left behind by a process that was killed, would keep the folder locked. Its
    /// owner does not run any more: ``lock`` is ours.
    private func endForgottenOne() {
        guard let text = try? String(contentsOfFile: directory + "/mongod.lock", encoding: .utf8),
            let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            let command = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8),
            command.contains(directory)
        else { return }
        Foundation.kill(pid, SIGTERM)
        let patience = Date(timeIntervalSinceNow: 20)
        while Foundation.kill(pid, 0) == 0, Date() < patience { Thread.sleep(forTimeInterval: 0.02) }
    }

    private var logPath: String {
        directory + "/mongod.log"
    }

    private var logTail: String {
        let log = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
        return log.split(separator: "\n").suffix(3).joined(separator: "\n")
    }
}
