import Foundation
import LockstepCore

/// The file of a job on this machine, written line by line; removed with its last reference.
final class BatchFile {
    let path: String
    private(set) var inputs = 0
    private(set) var bytes = 0
    private let handle: FileHandle
    private let limits: BatchJobLimits

    /// - Throws: when the folder for temporary files takes none.
    static func create(token: String, _ limits: BatchJobLimits) throws -> BatchFile {
        let path = path(of: token)
        // Others on this machine must not read the documents in it.
        let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LockstepError.refused("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        return BatchFile(path, FileHandle(fileDescriptor: descriptor, closeOnDealloc: true), limits)
    }

    /// Removes what a process that was killed has left of it on this machine.
    static func remove(token: String) {
        try? FileManager.default.removeItem(atPath: path(of: token))
    }

    private static func path(of token: String) -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-\(token).jsonl").path
    }

    private init(_ path: String, _ handle: FileHandle, _ limits: BatchJobLimits) {
        self.path = path
        self.handle = handle
        self.limits = limits
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Whether so many more inputs go in; one that is too large by itself goes in alone.
    func takes(_ more: Int, inputs count: Int) -> Bool {
        inputs + count <= limits.inputs && (inputs + count == 1 || bytes + more <= limits.bytes)
    }

    func write(_ lines: [[UInt8]]) throws {
        guard !lines.isEmpty else { return }
        try handle.write(contentsOf: Data(lines.joined()))
        inputs += lines.count
        bytes += lines.reduce(0) { $0 + $1.count }
    }
}
