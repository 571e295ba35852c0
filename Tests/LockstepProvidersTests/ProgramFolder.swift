import Foundation
import Lockstep
import LockstepProviders
import Testing

/// A folder of its own with the program of one test, removed with it.
final class ProgramFolder {
    let path: String

    init() throws {
        // The real path, as the program sees it.
        let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("lockstep-exec-\(UUID().uuidString)")
        path = folder.path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ name: String, _ text: String, permissions: Int) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        try FileManager.default.setAttributes(
            [.posixPermissions: permissions], ofItemAtPath: "\(path)/\(name)")
    }

    /// An executable file. Another process writes it: Linux runs no file that is open for writing, and a
    /// program that a test beside this one starts may hold the descriptor for a moment.
    func writeProgram(_ name: String, _ text: String) throws {
        try write("\(name).text", text, permissions: 0o755)
        let copy = Process()
        copy.executableURL = URL(fileURLWithPath: "/bin/cp")
        copy.arguments = ["\(path)/\(name).text", "\(path)/\(name)"]
        try copy.run()
        copy.waitUntilExit()
    }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
    }

    /// How many times the program was started.
    func starts() throws -> Int {
        try read("starts").count
    }

    /// A program whose predictions are a Python expression of `inputs`.
    func model(
        answering expression: String, environment: [String: String] = [:], vectors: VectorFormat? = nil
    ) throws -> ExecModel {
        try model(
            lines: "reply({'id': id, 'predictions': \(expression)})", environment: environment,
            vectors: vectors)
    }

    /// A program that runs these lines of Python for each request.
    func model(
        lines: String, timeout: Duration = .seconds(60), workers: Int = 1,
        environment: [String: String] = [:],
        vectors: VectorFormat? = nil, startTimeout: Duration = .seconds(300)
    ) throws -> ExecModel {
        let body = lines.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        return try model(
            source: """
                import json, os, sys, time
                open("starts", "a").write("x")
                def reply(answer):
                    print(json.dumps(answer), flush=True)
                for line in sys.stdin:
                    request = json.loads(line)
                    id, inputs = request["id"], request["inputs"]
                \(body)
                """, timeout: timeout, workers: workers, environment: environment, vectors: vectors,
            startTimeout: startTimeout)
    }

    /// A program as it is.
    func model(
        source: String, timeout: Duration = .seconds(60), workers: Int = 1,
        environment: [String: String] = [:],
        vectors: VectorFormat? = nil, startTimeout: Duration = .seconds(300)
    ) throws -> ExecModel {
        try write("program.py", source + "\n", permissions: 0o644)
        let command = ExecCommand(["python3", "program.py"], directory: path, environment: environment)
        return ExecModel(
            name: "test", command: command, workers: workers, timeout: timeout, startTimeout: startTimeout,
            vectors: vectors)
    }
}

/// True while the process exists and is not a zombie.
func isRunning(_ pid: Int32) -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
    let state = status.split(separator: ")").last?.drop { $0 == " " }.first
    return state != "Z" && state != "X"
}

/// Waits until the condition holds, for a minute at most.
func eventually(_ condition: () async -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while !(await condition()) {
        try #require(ContinuousClock.now < deadline, "the condition did not come true")
        try await Task.sleep(for: .milliseconds(5))
    }
}
