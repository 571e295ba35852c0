import Foundation

/// SIGHUP, caught from here on: it asks to read the configuration anew.
///
/// The same signal says that the terminal is gone. Then it asks to stop, as it does without being caught, unless it was
/// ignored, as by `nohup`.
final class HangUps: Sendable {
    /// One that comes while another is under way is kept, more are not.
    let requests: AsyncStream<Void>

    private init(requests: AsyncStream<Void>) {
        self.requests = requests
    }

    static func caught() -> HangUps {
        let hadTerminal = hasTerminal
        var before = sigaction()
        sigaction(SIGHUP, nil, &before)
        let wasIgnored = unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == ignored
        let (requests, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        CaughtSignals.begin([SIGHUP], label: "lockstep.hangups") { _ in
            if hadTerminal, !wasIgnored, !hasTerminal {
                kill(getpid(), SIGTERM)
            } else {
                continuation.yield()
            }
        }
        return HangUps(requests: requests)
    }

    private static var hasTerminal: Bool {
        let terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        if terminal >= 0 { close(terminal) }
        return terminal >= 0
    }
}

/// SIG_IGN, which C defines as a function at the address 1.
private let ignored = 1
