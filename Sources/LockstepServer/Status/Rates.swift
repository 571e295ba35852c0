import Lockstep

/// Outputs a second of each listener, over the last five seconds.
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
