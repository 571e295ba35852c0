/// How many documents a lane takes at a time: so many that what a call costs whatever its size is shared by enough
/// inputs, and no more, so that predictions appear steadily and a live change does not wait behind a long round.
package struct RoundSize {
    /// What a call of the model costs by its inputs.
    private var calls = CostFit()
    /// What the rest of a round costs by its documents: reading and storing.
    private var rest = CostFit()
    /// Inputs for each document of the rounds: those that are fresh need no call.
    private var inputs = 0.0
    private var documents = 0.0

    /// Inputs that the model takes in one call.
    package let callLimit: Int

    /// Before anything is known.
    package static let first = 64
    /// Documents in a round, at most, unless the model takes more in one call.
    package static let largest = 1000
    /// Seconds that a round may take: one of live changes, and one of a scan.
    package static let (live, scan) = (0.25, 5.0)
    /// The share of the highest throughput that is good enough.
    package static let (callShare, roundShare) = (0.9, 0.95)
    /// Never so many times as much at once as was measured: what lies beyond may be otherwise.
    package static let growth = 4.0

    /// Calls of a service, which often counts them: each is to be as full as it may be.
    private let isRemote: Bool
    /// Bytes of inputs and outputs in a round, at most.
    private let memory: Int?
    private var bytesOfInput: Double?

    package init(callLimit: Int, isRemote: Bool = false, memory: Int? = nil) {
        self.callLimit = callLimit
        self.isRemote = isRemote
        self.memory = memory
    }

    package mutating func weighed(_ inputs: Int, bytes: Int) {
        guard inputs > 0 else { return }
        let new = Double(bytes) / Double(inputs)
        bytesOfInput = bytesOfInput.map { $0 * 0.8 + new * 0.2 } ?? new
    }

    package mutating func called(_ inputs: Int, seconds: Double) {
        calls.measured(inputs, seconds: seconds)
    }

    /// - Parameter rest: seconds without the calls of the model.
    package mutating func took(documents count: Int, inputs asked: Int, rest seconds: Double) {
        rest.measured(count, seconds: seconds)
        documents = documents * 0.95 + Double(count)
        inputs = inputs * 0.95 + Double(asked)
    }

    package var limits: RoundLimits {
        RoundLimits(live: filled(limit(within: Self.live)), scan: filled(limit(within: Self.scan)))
    }

    /// So many documents that the last call of a service is as full as the others.
    private func filled(_ limit: Int) -> Int {
        guard isRemote else { return limit }
        let share = documents > 0 ? inputs / documents : 1
        let full = (Double(limit) * share / Double(callLimit)).rounded(.down) * Double(callLimit)
        return full > 0 ? Int((full / share).rounded()) : limit
    }

    private func limit(within bound: Double) -> Int {
        var most = Double(max(Self.largest, callLimit))
        if let memory, let bytesOfInput { most = max(1, min(most, Double(memory) / max(1, bytesOfInput))) }
        guard documents > 0, let known = rest.mean else { return min(Self.first, Int(most)) }
        // While that is unknown, all of it counts as fixed; a larger round will show.
        let round = rest.cost ?? (known.seconds, 0)
        let share = inputs / documents
        guard share > 0, calls.mean != nil else {
            return Self.whole(Self.enough(round, Self.roundShare), Self.growth * rest.reach, most)
        }
        let call = self.call(within: bound)
        let perInput = call.fixed / call.inputs + call.each
        func fitting(_ seconds: Double) -> Double {
            let inOne = (seconds - round.fixed - call.fixed) / (round.each + call.each * share)
            let inMore = (seconds - round.fixed) / (round.each + perInput * share)
            return inOne * share <= Double(callLimit) ? inOne : inMore
        }
        let wanted = max(
            Self.enough((round.fixed, round.each + perInput * share), Self.roundShare), call.inputs / share,
            // A round this short delays no change.
            fitting(Self.live / 2))
        // More than the bound where the fixed part alone is more than half of it.
        let allowed = fitting(max(bound, 2 * (call.fixed + round.fixed)))
        return Self.whole(min(wanted, allowed), Self.growth * rest.reach, most)
    }

    /// Inputs in a call, and what a call and one more input cost.
    private func call(within bound: Double) -> (inputs: Double, fixed: Double, each: Double) {
        let most = min(Double(callLimit), Self.growth * calls.reach)
        // Short enough though all of it were for its inputs: the times of a service vary too much to tell more by.
        if isRemote, let mean = calls.mean, mean.seconds * most / mean.size <= Self.scan / 2 {
            return (most, mean.seconds, 0)
        }
        guard let cost = calls.cost else {
            let mean = calls.mean ?? (1, 1e-7)
            // It may all be fixed, which a larger or a smaller call will show; if not, no call may last too long.
            var inputs = min(
                bound == Self.scan ? most : min(most, 2 * mean.size), Self.scan * mean.size / mean.seconds)
            if inputs < 1.5 * mean.size { inputs = min(inputs, mean.size / 2) }
            // mechanism fixed-cost, off: return (16, 0, mean.seconds / mean.size)
            return (max(1, inputs), mean.seconds, 0)
        }
        let allowed = cost.each > 0 ? (max(bound, 2 * cost.fixed) - cost.fixed) / cost.each : most
        return (max(1, min(most, allowed, Self.enough(cost, Self.callShare))), cost.fixed, cost.each)
    }

    /// The size from which on the throughput is that share of the highest.
    private static func enough(_ cost: (fixed: Double, each: Double), _ share: Double) -> Double {
        cost.each > 0 ? share / (1 - share) * cost.fixed / cost.each : .infinity
    }

    private static func whole(_ sizes: Double...) -> Int {
        Int(max(1, sizes.reduce(.infinity, min)))
    }
}
