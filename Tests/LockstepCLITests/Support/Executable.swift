import Foundation
import Testing
import TestSupport

/// The `lockstep` that was built with these tests.
enum Executable {
    static func path() throws -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let folders =
            [own, CommandLine.arguments.first ?? ""].map { ($0 as NSString).deletingLastPathComponent }
            + [TestServer.packageRoot + "/.build/debug", TestServer.packageRoot + "/.build/release"]
        let candidates = folders.map { $0 + "/lockstep" }
        return try #require(
            candidates.first { FileManager.default.isExecutableFile(atPath: $0) },
            "no `lockstep` beside the tests: build it with `swift build`")
    }
}

/// How a command ended, and what it said.
struct Ending: CustomStringConvertible {
    let status: Int32
    let out: String
    let err: String

    /// The lines of stdout.
    var lines: [String] {
        out.split(separator: "\n").map(String.init)
    }

    var description: String {
        "exit \(status)\n\(out)\n--- stderr\n\(err)"
    }
}

/// A `lockstep` that runs.
final class Running: @unchecked Sendable {
    private let process = Process()
    private let outFile: String
    private let errFile: String

    init(
        _ arguments: [String], in folder: String, environment: [String: String] = [:], input: String? = nil
    ) throws {
        let name = "\(folder)/.run-\(UUID().uuidString.prefix(8))"
        outFile = name + ".out"
        errFile = name + ".err"
        _ = FileManager.default.createFile(atPath: outFile, contents: nil)
        _ = FileManager.default.createFile(atPath: errFile, contents: nil)
        process.executableURL = URL(fileURLWithPath: try Executable.path())
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let input {
            try Data(input.utf8).write(to: URL(fileURLWithPath: name + ".in"))
            process.standardInput = FileHandle(forReadingAtPath: name + ".in")
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        process.standardOutput = FileHandle(forWritingAtPath: outFile)
        process.standardError = FileHandle(forWritingAtPath: errFile)
        try process.run()
    }

    deinit {
        // A test that failed leaves nothing running.
        if process.isRunning { send(SIGKILL) }
    }

    var out: String { (try? String(contentsOfFile: outFile, encoding: .utf8)) ?? "" }
    var err: String { (try? String(contentsOfFile: errFile, encoding: .utf8)) ?? "" }
    var isRunning: Bool { process.isRunning }
    var processID: Int32 { process.processIdentifier }

    func send(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// Waits for its end.
    func ending() async throws -> Ending {
        do {
            try await eventually("lockstep ends") { !process.isRunning }
        } catch {
            Issue.record("lockstep did not end: \(out)\n\(err)")
            throw error
        }
        return Ending(status: process.terminationStatus, out: out, err: err)
    }

    /// Waits until it has printed that.
    func says(_ text: String) async throws {
        try await eventually("lockstep says `\(text)`") {
            if out.contains(text) || err.contains(text) { return true }
            try #require(process.isRunning, "lockstep ended: \(out)\n\(err)")
            return false
        }
    }

    func stop(_ signal: Int32 = SIGTERM) async throws -> Ending {
        send(signal)
        return try await ending()
    }
}
