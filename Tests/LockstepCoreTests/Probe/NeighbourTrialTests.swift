import LockstepCore
import MongoBSON
import Testing

struct NeighbourTrialTests {
    private static let alone: [ProbeAnswer] = [
        .vector([1, 0, 0]), .vector([0, 1, 0]), .vector([0, 0, 1]), .vector([1, 1, 0]),
    ]
    private static let order = [2, 0, 3, 1]

    private func verdict(
        alone: [ProbeAnswer] = alone, again: ProbeAnswer? = nil, _ answers: (Int) -> ProbeAnswer
    ) -> NeighbourVerdict {
        let batches = [Array(alone.indices), Self.order].map { order in
            NeighbourTrial.Batch(order: order, answers: order.indices.map { answers(order[$0]) })
        }
        return NeighbourTrial(alone: alone, again: again ?? alone[0], batches: batches).verdict
    }

    @Test func answersAtTheirPlacesAreKept() {
        #expect(
            verdict { Self.alone[$0] } == NeighbourVerdict(keepsOrder: true, keepsSingles: true, worst: 1))
    }

    @Test func answersInAnotherOrderAreNoticedAndStillWhole() {
        let sorted = NeighbourTrial(
            alone: Self.alone, again: Self.alone[0],
            batches: [
                .init(order: [0, 1, 2, 3], answers: Self.alone),
                .init(order: Self.order, answers: Self.alone),
            ]
        ).verdict
        #expect(sorted == NeighbourVerdict(keepsOrder: false, keepsSingles: true, worst: 1))
    }

    @Test func whatNeighboursChangeIsMeasured() {
        // As a rounding to eight bits does, and as a mean over the batch does.
        let slight = verdict { $0 == 1 ? .vector([0, 1, 0.03]) : Self.alone[$0] }
        #expect(slight.keepsOrder == true && slight.keepsSingles == false)
        #expect(slight.worst.map { $0 > 0.999 && $0 < 0.9999 } == true)
        let noise = verdict { $0 == 1 ? .vector([0, 1, 0.001]) : Self.alone[$0] }
        #expect(noise.keepsSingles == true)
    }

    @Test func valuesThatAreNoVectorsAreComparedAsTheyAre() {
        let counts = (0..<4).map { ProbeAnswer.other(BSONValue($0 * 10)) }
        #expect(
            verdict(alone: counts) { counts[$0] } == NeighbourVerdict(keepsOrder: true, keepsSingles: true))
        let changed = verdict(alone: counts) { _ in .other(99) }
        #expect(changed.keepsSingles == false && changed.worst == nil)
        let reversed = NeighbourTrial(
            alone: counts, again: counts[0],
            batches: [.init(order: [0, 1, 2, 3], answers: counts.reversed())]
        ).verdict
        #expect(reversed == NeighbourVerdict(keepsOrder: false, keepsSingles: true))
    }

    @Test func whatShowsNothingIsNotKnown() {
        let same = [ProbeAnswer](repeating: .other(1), count: 4)
        let label = verdict(alone: same) { same[$0] }
        #expect(label.keepsOrder == nil && label.keepsSingles == true && label.remark != nil)
        let dice = verdict(again: .vector([0, 1, 1])) { Self.alone[$0] }
        #expect(dice.keepsOrder == nil && dice.keepsSingles == nil && dice.remark != nil)
    }

    @Test(
        arguments: [
            ([1, 2], [2, 4], 1), ([1, 0], [0, 1], 0), ([0, 0], [0, 0], 1), ([0, 0], [1, 0], 0),
            ([1, 0], [1, 0, 0], 0), ([1, 0], [-1, 0], -1),
        ] as [([Double], [Double], Double)])
    func likenessIsTheCosine(_ one: [Double], _ other: [Double], _ expected: Double) {
        let likeness = ProbeAnswer.vector(one).likeness(to: .vector(other))
        #expect(abs(likeness - expected) < 1e-12)
    }

    @Test func listsOfNumbersAreVectorsAndOneNumberIsNot() {
        #expect(ProbeAnswer([0.5, 1] as BSONValue) == .vector([0.5, 1]))
        #expect(ProbeAnswer(BSONValue(vector: [0.5, 1])) == .vector([0.5, 1]))
        #expect(ProbeAnswer(5) == .other(5) && ProbeAnswer([5] as BSONValue).vector == nil)
    }
}
