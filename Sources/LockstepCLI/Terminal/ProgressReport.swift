import Lockstep
import Logging
import Synchronization

/// How people hear of long work: a bar on a terminal, a line of the log a minute elsewhere.
enum ProgressReport {
    static func make() -> any ProgressObserver {
        Terminal.isErrorATerminal && Terminal.logFormat == .text ? ProgressBar() : ProgressLines()
    }
}

/// Writes a line of the log a minute, for what takes longer.
final class ProgressLines: ProgressObserver {
    private let pace = Mutex(ProgressPace())
    private let log = Logger(label: "lockstep")

    func progressed(collection: String, documents: Int, total: Int) {
        let line = pace.withLock { $0.line(collection, documents, of: total, at: .now) }
        if let line { log.notice("\(line)") }
    }

    func finished(collection: String) {
        let line = pace.withLock { $0.finished(collection, at: .now) }
        if let line { log.notice("\(line)") }
    }
}

/// When to say how far it is, and what.
struct ProgressPace {
    private struct Work {
        var began: ContinuousClock.Instant
        var toldAt: ContinuousClock.Instant
        var documents = 0
        var wasTold = false
    }

    private var works: [String: Work] = [:]

    static let interval = Duration.seconds(60)

    /// Nil until a minute is over since the beginning, and since the last line.
    mutating func line(
        _ collection: String, _ documents: Int, of total: Int, at now: ContinuousClock.Instant
    ) -> String? {
        var work = works[collection] ?? Work(began: now, toldAt: now)
        work.documents = documents
        defer { works[collection] = work }
        guard now - work.toldAt >= Self.interval else { return nil }
        work.toldAt = now
        work.wasTold = true
        // The estimate may be behind what is there.
        let whole = max(total, documents, 1)
        let rate = Double(documents) / max((now - work.began) / .seconds(1), 0.001)
        let left = Duration.seconds((Double(whole - documents) / max(rate, 0.001)).rounded())
        return
            "\(collection): \(documents) of \(Terminal.count(whole, "document")) scanned (\(documents * 100 / whole) %), \(Int(rate)) a second, about \(Terminal.duration(left)) left"
    }

    /// Nil for what was over before there was a line.
    mutating func finished(_ collection: String, at now: ContinuousClock.Instant) -> String? {
        guard let work = works.removeValue(forKey: collection), work.wasTold else { return nil }
        return
            "\(collection): \(Terminal.count(work.documents, "document")) scanned in \(Terminal.duration(now - work.began))"
    }
}
