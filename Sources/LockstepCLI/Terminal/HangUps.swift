import Foundation

/// SIGHUP, caught from here on: it asks to read the configuration anew.
///
/// The same signal says that the terminal is gone. Then it asks to stop, as it does without being caught, unless it was
/// ignored, as by `nohup`.
final class HangUps: Sendable {
    /// One that comes while another is under way is kept, more are not.
    let requests: AsyncStream<Void>
    // Made once and not touched again.
    nonisolated(unsafe) private let source: any DispatchSourceSignal

    private init(hadTerminal: Bool) {
        var before = sigaction()
        sigaction(SIGHUP, nil, &before)
        let wasIgnored = unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == ignored
        let (requests, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.requests = requests
        source = DispatchSource.makeSignalSource(
            signal: SIGHUP, queue: DispatchQueue(label: "lockstep.hangups"))
        source.setEventHandler {
            if hadTerminal, !wasIgnored, !Self.hasTerminal {
                kill(getpid(), SIGTERM)
            } else {
                continuation.yield()
            }
        }
        source.resume()
    }

    static func caught() -> HangUps {
        HangUps(hadTerminal: hasTerminal)
    }

    private static var hasTerminal: Bool {
        let terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        if terminal >= 0 { close(terminal) }
        return terminal >= 0
    }
}

/// SIG_IGN, which C defines as a function at the address 1.
private let ignored = 1
