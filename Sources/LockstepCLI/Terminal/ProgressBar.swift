import Foundation
import Lockstep
import Synchronization

/// A progress bar on stderr for what takes more than a second; silent in a pipe.
final class ProgressBar: ProgressObserver {
    private struct State {
        var began: ContinuousClock.Instant?
        var shownAt: ContinuousClock.Instant?
        var isShown = false
    }

    private let state = Mutex(State())

    /// Nil where nobody looks.
    static func onTerminal() -> ProgressBar? {
        Terminal.isErrorATerminal ? ProgressBar() : nil
    }

    func progressed(collection: String, documents: Int, total: Int) {
        let elapsed: Duration? = state.withLock { state in
            let now = ContinuousClock.now
            let began = state.began ?? now
            state.began = began
            guard now - began > .seconds(1), state.shownAt.map({ now - $0 > .milliseconds(100) }) ?? true
            else {
                return nil
            }
            state.shownAt = now
            state.isShown = true
            return now - began
        }
        guard let elapsed else { return }
        // The estimate may be behind what is there.
        let whole = max(total, documents, 1)
        let width = 24
        let filled = width * documents / whole
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let rate = Double(documents) / (elapsed / .seconds(1))
        let left = Duration.seconds((Double(whole - documents) / max(rate, 0.001)).rounded())
        Terminal.writeError(
            "\r\(collection) \(bar) \(documents * 100 / whole)%  \(Int(rate))/s  \(Terminal.duration(left)) left\u{1B}[K"
        )
    }

    func finished(collection: String) {
        let wasShown = state.withLock { state in
            let wasShown = state.isShown
            state = State()
            return wasShown
        }
        if wasShown { Terminal.writeError("\r\u{1B}[K") }
    }
}
