/// Decides whose changes are forgotten when the queue is full.
package enum Shedding {
    package struct Load {
        package let bytes: Int
        package let isBehind: Bool

        package init(bytes: Int, isBehind: Bool) {
            self.bytes = bytes
            self.isBehind = isBehind
        }
    }

    /// What each listener holds of the queue, and how long the queue has been full.
    package struct Pressure {
        package let loads: PerListener<Load>
        package let fullFor: Duration

        package init(loads: PerListener<Load>, fullFor: Duration) {
            self.loads = loads
            self.fullFor = fullFor
        }
    }

    /// How long a slow model may keep the others waiting.
    package static let patience = Duration.seconds(10)

    /// A listener whose model is unavailable and that holds an eighth of the queue; else, once the queue has been full for
    /// ten seconds, one that holds more than half of it while others share it.
    package static func victim(
        of pressure: Pressure, limit: Int, isOut: (ListenerRef) -> Bool
    ) -> ListenerRef? {
        let loads = pressure.loads
        let candidates = loads.refs.filter { !loads[$0].isBehind }.sorted {
            loads[$0].bytes > loads[$1].bytes
        }
        if let out = candidates.first(where: isOut), loads[out].bytes >= limit / 8 { return out }
        guard loads.count > 1, pressure.fullFor >= patience, let largest = candidates.first,
            loads[largest].bytes > limit / 2
        else { return nil }
        return largest
    }
}
