import Glibc
import Logging

/// Sends what a program says to the log, stderr line by line and whatever else than answers stands on stdout, and
/// remembers the last line of stderr.
struct ExecLog {
    private let logger: Logger
    private var errors = ProgramLines()
    private var noise = ProgramLines(most: 10)
    /// What is kept back, until it is known whether this start ends like the one before; nil when nothing is.
    private var kept: [String]?
    private(set) var keptCount = 0

    /// Lines that are kept back, at most; of more than that the last ones.
    private static let mostKept = 100

    /// - Parameter isKeptBack: see ``release()``.
    init(logger: Logger, isKeptBack: Bool) {
        self.logger = logger
        if isKeptBack { kept = [] }
    }

    /// The last line that the program said.
    var last: String? {
        errors.last
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        for line in errors.add(bytes, now: second) { say(line) }
    }

    /// A line of stdout that is no answer.
    mutating func add(noise line: [UInt8], _ problem: ExecAnswerProblem?) {
        // A program that is loud at each request is loud for ever: ten lines a minute do.
        let start = line.prefix(ProgramLines.longest + 1)
        let lines = noise.add(start + [UInt8(ascii: "\n")], now: second / 60)
        if let problem, !lines.isEmpty {
            say("stdout: the program \(problem.description)")
        } else {
            for line in lines { say("stdout: \(line)") }
        }
    }

    mutating func finish() {
        for line in errors.finish() { say(line) }
        for line in noise.finish() { say("stdout: \(line)") }
    }

    /// Logs what was kept back, and all that follows at once.
    mutating func release() {
        guard let kept else { return }
        self.kept = nil
        if keptCount > kept.count { say("… \(keptCount - kept.count) lines left out") }
        for line in kept { say(line) }
        keptCount = 0
    }

    /// Something that Lockstep itself has to say about the program.
    func warn(_ text: String) {
        logger.warning("\(text)")
    }

    private mutating func say(_ line: String) {
        guard kept != nil else {
            logger.notice("\(line)")
            return
        }
        keptCount += 1
        kept?.append(line)
        if let count = kept?.count, count > Self.mostKept { kept?.removeFirst(count - Self.mostKept) }
    }

    private var second: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec)
    }
}
