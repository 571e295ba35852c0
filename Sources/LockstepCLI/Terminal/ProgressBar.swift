import Foundation
import Lockstep
import Synchronization

/// A progress bar on stderr for what takes more than a second; see ``ProgressReport``.
final class ProgressBar: ProgressObserver {
    private struct State {
        /// When each collection was begun.
        var began: [String: ContinuousClock.Instant] = [:]
        /// The one that the bar shows, of those that are under way side by side.
        var shown: String?
        var shownAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    func progressed(collection: String, documents: Int, total: Int) {
        let elapsed: Duration? = state.withLock { state in
            let now = ContinuousClock.now
            let began = state.began[collection] ?? now
            state.began[collection] = began
            guard now - began > .seconds(1), state.shown == nil || state.shown == collection,
                state.shownAt.map({ now - $0 > .milliseconds(100) }) ?? true
            else {
                return nil
            }
            state.shown = collection
            state.shownAt = now
            return now - began
        }
        guard let elapsed else { return }
        Terminal.show(
            row: Self.line(
                collection, documents, of: total, after: elapsed, width: Terminal.errorWidth ?? 80,
                isUTF8: Terminal.isUTF8))
    }

    /// On one line of the terminal, with a column to spare: a longer one would not be written over.
    static func line(
        _ collection: String, _ documents: Int, of total: Int, after elapsed: Duration, width: Int,
        isUTF8: Bool
    ) -> String {
        // The estimate may be behind what is there.
        let whole = max(total, documents, 1)
        let rate = Double(documents) / max(elapsed / .seconds(1), 0.001)
        let left = Duration.seconds((Double(whole - documents) / max(rate, 0.001)).rounded())
        let numbers = "\(documents * 100 / whole)%  \(Int(rate))/s  \(Terminal.duration(left)) left"
        let room = max(0, width - 1 - numbers.columns - 2)
        let ellipsis = isUTF8 ? "…" : "..."
        let name = collection.onOneLine.cut(
            to: max(4, min(collection.columns, room - 10)), ellipsis: ellipsis)
        let barWidth = min(24, room - name.columns)
        guard barWidth >= 4 else {
            return "\(name) \(numbers)".cut(to: max(1, width - 1), ellipsis: ellipsis)
        }
        return "\(name) \(bar(documents, of: whole, width: barWidth, isUTF8: isUTF8)) \(numbers)"
    }

    static func bar(_ part: Int, of whole: Int, width: Int, isUTF8: Bool) -> String {
        let filled = width * min(part, whole) / max(whole, 1)
        let (full, empty) = isUTF8 ? ("█", "░") : ("#", ".")
        return String(repeating: full, count: filled) + String(repeating: empty, count: width - filled)
    }

    func finished(collection: String) {
        let wasShown = state.withLock { state in
            state.began[collection] = nil
            guard state.shown == collection else { return false }
            (state.shown, state.shownAt) = (nil, nil)
            return true
        }
        if wasShown { Terminal.show(row: "") }
    }
}
