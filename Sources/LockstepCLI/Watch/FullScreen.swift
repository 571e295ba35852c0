import Foundation
import Synchronization

/// The terminal's other screen, without a cursor and with keys as they are pressed. However the process ends, the terminal
/// is set back.
final class FullScreen: Sendable {
    private static let escape = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[H\u{1B}[2J"
    private let isEntered = Mutex(false)

    private init() {}

    /// Takes the terminal over.
    static func begin() -> FullScreen {
        var before = termios()
        let hasKeys = tcgetattr(STDIN_FILENO, &before) == 0
        saved.hasKeys = hasKeys
        saved.before = before
        for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGQUIT, SIGHUP] {
            // The second time it has its default action: the process ends by that signal.
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { signal in
                restoreTerminal()
                raise(signal)
            }
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_NODEFER
            sigaction(signal, &action, nil)
        }
        atexit { restoreTerminal() }
        let screen = FullScreen()
        screen.take()
        return screen
    }

    func take() {
        isEntered.withLock { isEntered in
            isEntered = true
            if saved.hasKeys {
                var raw = saved.before
                raw.c_lflag &= ~tcflag_t(ECHO | ICANON)
                tcsetattr(STDIN_FILENO, TCSANOW, &raw)
            }
            saved.isTaken = true
            Terminal.write(Self.escape)
        }
    }

    func giveBack() {
        isEntered.withLock { isEntered in
            isEntered = false
            restoreTerminal()
        }
    }

    /// Overwrites the screen line by line, so that it does not flicker.
    func draw(_ lines: [String]) {
        isEntered.withLock { isEntered in
            guard isEntered else { return }
            let page = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
            Terminal.write("\u{1B}[H\(page)\u{1B}[J")
        }
    }
}

/// The state of the terminal before.
private struct SavedTerminal {
    var before = termios()
    var hasKeys = false
    var isTaken = false
}

// A signal handler reads it and must not lock; it is set before the handler is installed.
nonisolated(unsafe) private var saved = SavedTerminal()

/// Sets the terminal back with calls that are safe in a signal handler.
private func restoreTerminal() {
    guard saved.isTaken else { return }
    saved.isTaken = false
    if saved.hasKeys { tcsetattr(STDIN_FILENO, TCSANOW, &saved.before) }
    let leave: StaticString = "\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l"
    _ = write(STDOUT_FILENO, leave.utf8Start, leave.utf8CodeUnitCount)
}
