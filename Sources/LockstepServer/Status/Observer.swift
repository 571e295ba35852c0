import Foundation
import Lockstep
import Synchronization

/// Looks at the watcher each second, for rates, for the last quarter of an hour, and for those who follow live.
final class Observer: Sendable {
    private struct State {
        var rates = Rates()
        var history = History()
    }

    private let watcher: DatabaseWatcher
    private let options: ServerOptions
    private let db: Database
    private let startedAt = Int64(Date().timeIntervalSince1970 * 1000)
    private let host = ProcessInfo.processInfo.hostName
    private let pid = ProcessInfo.processInfo.processIdentifier
    private let state = Mutex(State())

    init(watcher: DatabaseWatcher, options: ServerOptions, db: Database) {
        self.watcher = watcher
        self.options = options
        self.db = db
    }

    /// There are no change streams, and so no positions.
    private var isStandalone: Bool { !db.deployment.hasChangeStreams }

    var readiness: Readiness {
        Readiness(watcher.glance(), maxLag: options.maxLag, isStandalone: isStandalone)
    }

    func run() async {
        while !Task.isCancelled {
            let status = watcher.glance()
            state.withLock { state in
                state.rates.note(status, at: .now)
                state.history.note(status, at: .now)
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    var history: [History.Point] {
        state.withLock { $0.history.points }
    }

    /// What is known by now; see ``countedReport``.
    var report: StatusReport {
        report(watcher.status())
    }

    /// The same once the documents are counted.
    var countedReport: StatusReport {
        get async { report(await watcher.countedStatus()) }
    }

    private func report(_ status: WatcherStatus) -> StatusReport {
        let rates = state.withLock { $0.rates }
        return StatusReport(
            version: options.version, database: db.name, uri: options.uri, host: host, pid: pid,
            at: Words.date(Int64(Date().timeIntervalSince1970 * 1000)), startedAt: Words.date(startedAt),
            state: status.state.rawValue,
            ready: Readiness(status, maxLag: options.maxLag, isStandalone: isStandalone).isReady,
            problems: Problem.all(of: status, maxLag: options.maxLag),
            position: status.position.map { .init($0.clusterTime) },
            lagSeconds: status.lag.map { ($0 * 1000).rounded() / 1000 },
            headroom: status.headroom.map { .init(seconds: $0.seconds, windowSeconds: $0.window) },
            queue: .init(
                documents: status.queue.documents, bytes: status.queue.bytes, limitBytes: status.queue.limit),
            counts: status.info, memoryBytes: ProcessMetrics.residentBytes,
            listeners: status.listeners.map { .init($0, perSecond: rates[$0.id]) },
            audit: status.audit.map { .init($0) }, canChange: options.token != nil)
    }
}

/// Outputs a second of each listener, over the last five.
struct Rates {
    private var samples: [(at: ContinuousClock.Instant, outputs: [String: Int])] = []

    private static let samplesKept = 6

    mutating func note(_ status: WatcherStatus, at now: ContinuousClock.Instant) {
        let outputs = Dictionary(status.listeners.map { ($0.id, $0.outputs) }, uniquingKeysWith: { $1 })
        samples.append((now, outputs))
        if samples.count > Self.samplesKept { samples.removeFirst() }
    }

    subscript(listener: String) -> Double {
        guard let first = samples.first, let last = samples.last, last.at > first.at,
            let before = first.outputs[listener], let after = last.outputs[listener]
        else { return 0 }
        return Double(max(0, after - before)) / ((last.at - first.at) / .seconds(1))
    }
}

/// The last quarter of an hour, in steps of five seconds.
struct History {
    struct Point: Encodable, Equatable, Sendable {
        let at: String
        /// Changes by others, a second.
        let events: Double
        /// Outputs stored or removed, a second.
        let predictions: Double
        @Nullable var lagSeconds: Double?
    }

    private(set) var points: [Point] = []
    private var last: (at: ContinuousClock.Instant, events: Int, outputs: Int)?

    static let interval = 5
    private static let limit = 15 * 60 / interval

    mutating func note(_ status: WatcherStatus, at now: ContinuousClock.Instant) {
        let info = status.info
        let events = info.inserts + info.updates + info.replaces + info.deletes
        guard let before = last else {
            last = (now, events, info.outputs)
            return
        }
        let seconds = (now - before.at) / .seconds(1)
        // A little early is in time: the clock of the one who looks is not exact.
        guard seconds >= Double(Self.interval) - 0.5 else { return }
        func rate(_ count: Int) -> Double { (Double(max(0, count)) / seconds * 10).rounded() / 10 }
        points.append(
            Point(
                at: Words.date(Int64(Date().timeIntervalSince1970 * 1000)),
                events: rate(events - before.events),
                predictions: rate(info.outputs - before.outputs), lagSeconds: status.lag))
        if points.count > Self.limit { points.removeFirst(points.count - Self.limit) }
        last = (now, events, info.outputs)
    }
}
