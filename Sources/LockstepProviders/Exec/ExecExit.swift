import Glibc

/// How a program ended.
enum ExecExit: Equatable, CustomStringConvertible {
    case status(Int32)
    case signal(Int32)

    /// Reads what `waitpid` reports.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7F
        self = signal == 0 ? .status(waitStatus >> 8 & 0xFF) : .signal(signal)
    }

    var description: String {
        switch self {
        case .status(let status): "exited with status \(status)"
        case .signal(SIGKILL): "was killed (signal 9, as for want of memory)"
        case .signal(let signal): "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }
}
