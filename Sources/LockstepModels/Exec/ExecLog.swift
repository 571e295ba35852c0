import Glibc
import Logging

/// Sends what a program says on stderr to the log, and remembers its last line.
struct ExecLog {
    private let logger: Logger
    private var lines = StderrLines()

    init(model: String) {
        logger = Logger(label: "lockstep.model.\(model)")
    }

    /// The last line that the program said.
    var last: String? {
        lines.last
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        for line in lines.add(bytes, now: Int64(now.tv_sec)) {
            logger.notice("\(line)")
        }
    }

    mutating func finish() {
        for line in lines.finish() {
            logger.notice("\(line)")
        }
    }

    /// Something that Lockstep itself has to say about the program.
    func warn(_ text: String) {
        logger.warning("\(text)")
    }
}
