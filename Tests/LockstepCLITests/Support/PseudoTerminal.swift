import Foundation
import Testing
import TestSupport

/// A command on a terminal: forkpty, by way of Python, since Swift cannot fork.
///
/// What it writes is noted in a file, with all its escapes; `size`, `keys` and `hangup` are files too.
final class PseudoTerminal: @unchecked Sendable {
    private let process = Process()
    private let folder: String

    private static let program = """
        import fcntl, os, pty, select, signal, struct, sys, termios, time
        folder, command = sys.argv[1], sys.argv[2:]
        def take(name):
            try:
                with open(f"{folder}/{name}") as file:
                    text = file.read()
                os.unlink(f"{folder}/{name}")
                return text
            except FileNotFoundError:
                return None
        def resize(text):
            columns, rows = map(int, text.split())
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        pid, terminal = pty.fork()
        if pid == 0:
            # Until it has its size.
            while not os.path.exists(f"{folder}/go"):
                time.sleep(0.005)
            os.execv(command[0], command)
        resize(take("size"))
        # Held, so that the settings can be read when the command has ended.
        number = struct.unpack("i", fcntl.ioctl(terminal, 0x80045430, struct.pack("i", 0)))[0]
        inner = os.open(f"/dev/pts/{number}", os.O_RDWR | os.O_NOCTTY)
        settings = termios.tcgetattr(inner)
        open(f"{folder}/go", "w").close()
        with open(f"{folder}/pid", "w") as file:
            file.write(str(pid))
        out = open(f"{folder}/shown", "wb", buffering=0)
        ended = None
        while True:
            if take("hangup") is not None:
                os.close(terminal)
                ended = os.waitpid(pid, 0)[1]
                break
            if (text := take("keys")) is not None:
                os.write(terminal, text.encode())
            if (text := take("size")) is not None:
                resize(text)
            if select.select([terminal], [], [], 0.01)[0]:
                try:
                    data = os.read(terminal, 65536)
                except OSError:
                    data = b""
                out.write(data)
                if not data:
                    ended = os.waitpid(pid, 0)[1]
                    break
            else:
                found, status = os.waitpid(pid, os.WNOHANG)
                if found:
                    ended = status
                    # It may have written between the look at the terminal and its end.
                    while select.select([terminal], [], [], 0)[0]:
                        out.write(os.read(terminal, 65536))
                    with open(f"{folder}/settings", "w") as file:
                        file.write("same" if termios.tcgetattr(inner)[:4] == settings[:4] else "other")
                    break
        with open(f"{folder}/status.new", "w") as file:
            file.write(str(os.waitstatus_to_exitcode(ended)))
        os.rename(f"{folder}/status.new", f"{folder}/status")
        """

    init(
        _ command: [String], in directory: String, columns: Int = 100, rows: Int = 30,
        environment: [String: String] = [:]
    ) throws {
        folder = "\(directory)/terminal-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try put("program.py", Self.program)
        try put("size", "\(columns) \(rows)")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "\(folder)/program.py", folder] + command
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        var variables = ProcessInfo.processInfo.environment
        for name in ["NO_COLOR", "COLUMNS", "LINES", "LC_CTYPE", "LANG"] { variables[name] = nil }
        variables.merge(["TERM": "xterm", "LC_ALL": "C.UTF-8"]) { $1 }
        process.environment = variables.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        // A test that failed leaves nothing running.
        if process.isRunning {
            if let pid = Int32(text("pid")), pid > 1 { kill(pid, SIGKILL) }
            process.terminate()
        }
    }

    /// Everything that was written so far.
    var shown: String {
        text("shown")
    }

    /// What stands on the screen by the last whole picture, without colours.
    var picture: [String] {
        let last =
            shown.components(separatedBy: "\u{1B}[H").dropFirst().last { $0.contains("\u{1B}[J") } ?? ""
        return Self.lines(last)
    }

    /// What was written, without colours, line by line.
    var lines: [String] {
        Self.lines(shown)
    }

    private static func lines(_ text: String) -> [String] {
        // The terminal puts a carriage return before each line feed.
        let plain = text.replacing(/\u{1B}\[[0-9;?]*[A-Za-z]/, with: "").unicodeScalars.filter { $0 != "\r" }
        return String(String.UnicodeScalarView(plain)).components(separatedBy: "\n")
    }

    /// The terminal was set back to what it was.
    var isSetBack: Bool {
        text("settings") == "same"
    }

    func send(_ signal: Int32) throws {
        // Zero and less are groups of processes.
        kill(try #require(Int32(text("pid")).flatMap { $0 > 1 ? $0 : nil }), signal)
    }

    func press(_ keys: String) throws {
        try put("keys", keys)
    }

    func resize(columns: Int, rows: Int) throws {
        try put("size", "\(columns) \(rows)")
    }

    /// The terminal goes away.
    func hangUp() throws {
        try put("hangup", "")
    }

    func shows(_ text: String) async throws {
        do {
            try await eventually("the terminal shows `\(text)`") {
                if shown.contains(text) { return true }
                try #require(process.isRunning, "it ended")
                return false
            }
        } catch {
            Issue.record("it shows: \(shown)")
            throw error
        }
    }

    /// Waits for the end; below zero for a signal.
    func status() async throws -> Int {
        try await eventually("the command ends") {
            FileManager.default.fileExists(atPath: folder + "/status")
        }
        return try #require(Int(text("status")))
    }

    private func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data(), as: UTF8.self)
    }

    /// At once or not at all.
    private func put(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"), options: .atomic)
    }
}
