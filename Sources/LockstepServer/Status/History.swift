import Foundation
import Lockstep
import LockstepAPI

/// The last quarter of an hour, in steps of five seconds.
struct History {
    private(set) var points: [API.HistoryPoint] = []
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
        // A little early is in time: the clock of the caller is not exact.
        guard seconds >= Double(Self.interval) - 0.5 else { return }
        func rate(_ count: Int) -> Double { Format.tenths(Double(max(0, count)) / seconds) }
        points.append(
            API.HistoryPoint(
                at: Format.now, events: rate(events - before.events),
                predictions: rate(info.outputs - before.outputs), lagSeconds: status.lag))
        if points.count > Self.limit { points.removeFirst(points.count - Self.limit) }
        last = (now, events, info.outputs)
    }
}
