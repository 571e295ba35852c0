@testable import LockstepCore
import Testing

/// How many documents a lane takes at a time, by what calls and rounds have cost.
@Suite struct RoundSizeTests {
    /// Two lanes work off documents with a model of known cost, and a server that takes 4 ms a round and 50 µs a document.
    struct Simulation {
        let fixed: Double
        let each: Double
        var limit = 1000
        /// How much a measurement may be off, as a share.
        var noise = 0.1
        /// How many of the documents need the model.
        var share = 1.0
        private(set) var calls = 0
        private(set) var rounds: [Int] = []
        private(set) var longest = 0.0

        init(fixed: Double, each: Double, limit: Int = 1000, noise: Double = 0.1, share: Double = 1) {
            (self.fixed, self.each, self.limit, self.noise, self.share) = (fixed, each, limit, noise, share)
        }

        mutating func run(_ documents: Int, _ kind: KeyPath<RoundLimits, Int>) {
            var size = RoundSize(callLimit: limit)
            var random = Noise()
            var left = documents
            var pending: [[(inputs: Int, seconds: Double)]] = []
            while left > 0 {
                // The second lane begins before anything is known of the first one's round.
                for _ in 0..<2 where left > 0 {
                    let taken = min(left, size.limits[keyPath: kind])
                    left -= taken
                    rounds.append(taken)
                    var inputs = Int((Double(taken) * share).rounded())
                    var seconds = [
                        (inputs: taken, seconds: random.next(noise) * (0.004 + 0.000_05 * Double(taken)))
                    ]
                    while inputs > 0 {
                        let some = min(inputs, limit)
                        inputs -= some
                        seconds.append((some, random.next(noise) * (fixed + each * Double(some))))
                    }
                    calls += seconds.count - 1
                    longest = max(longest, seconds.reduce(0) { $0 + $1.seconds })
                    pending.append(seconds)
                }
                for round in pending {
                    for call in round.dropFirst() { size.called(call.inputs, seconds: call.seconds) }
                    size.took(
                        documents: round[0].inputs, inputs: round.dropFirst().reduce(0) { $0 + $1.inputs },
                        rest: round[0].seconds)
                }
                pending = []
            }
        }
    }

    /// The same in every run.
    struct Noise {
        private var state: UInt64 = 42

        mutating func next(_ share: Double) -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return 1 + share * (Double(state >> 33) / Double(1 << 30) - 1)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        let fixed: Double
        let each: Double
        var limit = 1000
        /// Calls for 2,000 documents.
        let scan: ClosedRange<Int>
        let live: ClosedRange<Int>

        var testDescription: String { what }
    }

    static let cases = [
        Case(what: "0.3 s whatever the size", fixed: 0.3, each: 0, scan: 2...7, live: 2...9),
        Case(what: "with batches of 500", fixed: 0.3, each: 0, limit: 500, scan: 4...8, live: 4...10),
        Case(what: "with batches of 100", fixed: 0.3, each: 0, limit: 100, scan: 20...23, live: 20...23),
        Case(what: "with batches of 2,000", fixed: 0.3, each: 0, limit: 2000, scan: 1...7, live: 1...9),
        Case(what: "0.05 s whatever the size", fixed: 0.05, each: 0, scan: 2...7, live: 2...8),
        Case(what: "some of both", fixed: 0.3, each: 0.001, scan: 2...8, live: 4...14),
        Case(what: "slow either way", fixed: 0.3, each: 0.01, scan: 5...20, live: 40...150),
        Case(
            what: "each input costs, and nothing else", fixed: 0, each: 0.02, scan: 20...2000,
            live: 100...2000),
        Case(what: "fast", fixed: 0, each: 0.000_001, scan: 2...8, live: 2...8),
    ]

    @Test(arguments: cases)
    func theFixedPartOfACallIsSharedByManyInputs(_ test: Case) {
        var scan = Simulation(fixed: test.fixed, each: test.each, limit: test.limit)
        scan.run(2000, \.scan)
        #expect(test.scan.contains(scan.calls), "\(scan.calls) calls: \(scan.rounds)")
        var live = Simulation(fixed: test.fixed, each: test.each, limit: test.limit)
        live.run(2000, \.live)
        #expect(test.live.contains(live.calls), "\(live.calls) calls: \(live.rounds)")
        #expect(scan.rounds.allSatisfy { $0 <= max(RoundSize.largest, test.limit) })
    }

    /// Once its cost is known, live changes are not behind a round that is longer than need be.
    @Test(arguments: [(0.0, 0.02), (0.05, 0.01), (0.001, 0.000_7), (0.3, 0.01)])
    func aRoundOfLiveChangesIsShort(fixed: Double, each: Double) {
        var live = Simulation(fixed: fixed, each: each)
        live.run(5000, \.live)
        let bound = max(RoundSize.live, 2 * (fixed + 0.004)) * 1.5
        let long = live.rounds.dropFirst(8).count { fixed + each * Double($0) > bound }
        // Now and then one is larger, to learn what that costs.
        #expect(long <= live.rounds.count / 10, "\(live.rounds)")
    }

    /// As of a remote model: most of what a call takes is the way there and back.
    @Test func aHighFixedCostMakesLargeBatches() {
        var scan = Simulation(fixed: 0.3, each: 0.001)
        scan.run(20_000, \.scan)
        #expect(scan.rounds.dropFirst(4).dropLast().allSatisfy { $0 == 1000 }, "\(scan.rounds)")
        var live = Simulation(fixed: 0.3, each: 0.001)
        live.run(20_000, \.live)
        // As much again as the fixed part, so that a change that comes meanwhile does not wait for more.
        #expect(live.rounds.dropFirst(4).dropLast().allSatisfy { $0 >= 250 }, "\(live.rounds)")
    }

    @Test func nothingIsTriedThatMayLastMinutes() {
        var scan = Simulation(fixed: 0, each: 1, noise: 0.3)
        scan.run(300, \.scan)
        // But for the first of each lane, before anything is known.
        #expect(scan.rounds.dropFirst(2).allSatisfy { $0 <= 20 }, "\(scan.rounds)")
    }

    @Test func aBatchIsFullThoughFewDocumentsNeedTheModel() {
        var scan = Simulation(fixed: 0.3, each: 0, limit: 100, share: 0.25)
        scan.run(20_000, \.scan)
        // 5,000 inputs in batches of 100.
        #expect(scan.calls <= 75, "\(scan.calls) calls: \(scan.rounds)")
    }

    @Test func wildMeasurementsDoNoHarm() {
        for noise in [0.5, 0.9] {
            var scan = Simulation(fixed: 0.3, each: 0, noise: noise)
            scan.run(20_000, \.scan)
            #expect(scan.calls <= 60, "\(scan.calls) calls: \(scan.rounds)")
        }
        var size = RoundSize(callLimit: 10)
        for seconds in [0, .nan, .infinity, -1] {
            size.called(0, seconds: seconds)
            size.called(5, seconds: seconds)
            size.took(documents: 5, inputs: 5, rest: seconds)
            #expect((1...1000).contains(size.limits.live) && (1...1000).contains(size.limits.scan))
        }
    }

    @Test func oneSizeAloneDoesNotTellTheFixedPartFromTheRest() {
        var fit = CostFit()
        for _ in 0..<10 { fit.measured(100, seconds: 1) }
        #expect(fit.cost == nil)
        fit.measured(200, seconds: 1)
        #expect(fit.cost.map { $0.fixed > 0.99 && $0.each < 0.000_1 } == true)
        fit.measured(200, seconds: 1.5)
        #expect(fit.cost.map { $0.each > 0.001 } == true)
    }

    /// Were the size fitted to times like these, it would fall and rise without end.
    @Test func callsOfAServiceAreFullThoughTheirTimesVary() {
        var size = RoundSize(callLimit: 32, isRemote: true)
        size.took(documents: 64, inputs: 64, rest: 0.01)
        for (inputs, seconds) in [(32, 0.2), (32, 0.6), (24, 0.2), (32, 0.9), (5, 0.2), (16, 0.15)] {
            size.called(inputs, seconds: seconds)
        }
        for _ in 0..<20 { size.took(documents: 32, inputs: 32, rest: 0.02) }
        #expect(size.limits == RoundLimits(live: 32, scan: 32))
    }

    @Test(arguments: [(50, 64, 64), (50, 64, 32), (30, 64, 64), (100, 64, 64)])
    func theLastCallOfARoundIsAsFullAsTheOthers(
        _ callLimit: Int, _ documents: Int, _ inputs: Int
    ) {
        var size = RoundSize(callLimit: callLimit, isRemote: true)
        #expect(size.limits.scan == (callLimit > 64 ? 64 : 64 / callLimit * callLimit))
        size.took(documents: documents, inputs: inputs, rest: 0.01)
        size.called(min(callLimit, inputs), seconds: 0.2)
        let limits = size.limits
        for asked in [limits.live, limits.scan].map({ $0 * inputs / documents }) {
            #expect(asked >= callLimit && asked % callLimit == 0)
        }
    }

    @Test func aRoundOfAServiceHoldsNoMoreThanItsShareOfTheMemory() {
        var size = RoundSize(callLimit: 1000, isRemote: true, memory: 1 << 20)
        size.took(documents: 1000, inputs: 1000, rest: 0.01)
        size.called(1000, seconds: 0.5)
        size.weighed(1000, bytes: 1000 * (8 << 10))
        #expect(size.limits.scan == 128 && size.limits.live == 128)
    }
}
