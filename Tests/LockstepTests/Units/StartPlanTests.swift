import Testing

@testable import Lockstep

/// Where a session begins, and what the stream's errors call for.
@Suite struct StartPlanTests {
    private let listener = Listener(model: TextLength(), on: docs, key: "text")
    private let token: BSONDocument = ["_data": "826B030170000000232B022C0100296E5A1004"]

    private func saved(stream: String = "s", complete: Bool = true, after: BSONValue? = nil) -> Checkpoint {
        Checkpoint(
            position: Position(token: token), stream: stream,
            listeners: [
                listener.id: .init(definition: listener.definition, isComplete: complete, after: after)
            ], at: 0)
    }

    private func plan(
        _ saved: Checkpoint?, token: BSONDocument? = nil, listeners: [Listener]? = nil, forgets: Bool = false
    ) -> StartPlan {
        StartPlan(
            saved: saved, token: token, stream: "s", listeners: listeners ?? [listener],
            forgetsPosition: forgets)
    }

    @Test func theFirstStartFollowsFromNowAndLooksThroughEverything() {
        let plan = plan(nil)
        #expect(plan.stream == .now)
        #expect(plan.scans == [0: nil])
    }

    @Test func aCompleteCheckpointIsGoneOnFromWithoutALook() {
        let plan = plan(saved())
        #expect(plan.stream == .resume(token))
        #expect(plan.scans.isEmpty)
    }

    @Test func anInterruptedLookGoesOnWhereItWas() {
        let plan = plan(saved(complete: false, after: 7))
        #expect(plan.stream == .resume(token))
        #expect(plan.scans == [0: 7])
    }

    @Test func anotherStreamStartsAtTheTimeOfTheToken() {
        let plan = plan(saved(stream: "another"))
        #expect(plan.stream == .at(BSONTimestamp(seconds: 0x6B03_0170, increment: 0x23)))
        #expect(plan.scans.isEmpty)
    }

    @Test func anotherVersionOrFilterIsLookedThroughAgain() {
        let newer = Listener(model: TextLength(version: "2"), on: docs, key: "text")
        let filtered = Listener(model: TextLength(), on: docs, key: "text", where: ["a": 1])
        #expect(plan(saved(), listeners: [newer]).scans == [0: nil])
        #expect(plan(saved(), listeners: [filtered]).scans == [0: nil])
        #expect(plan(saved(), listeners: [newer]).stream == .resume(token))
    }

    @Test func lostHistoryBeginsAnewWhateverWasSaved() {
        let plan = plan(saved(), token: token, forgets: true)
        #expect(plan.stream == .now)
        #expect(plan.scans == [0: nil])
    }

    @Test func aCheckpointComesBackAsItWasSavedAndAForeignOneIsNone() {
        let checkpoint = saved(complete: false, after: ["a": 1])
        let read = Checkpoint(checkpoint.document)
        #expect(read?.position == checkpoint.position)
        #expect(read?.listeners == checkpoint.listeners)
        #expect(Checkpoint(["format": 99, "stream": "s"]) == nil)
        #expect(Checkpoint(["format": "x"]) == nil)
    }

    static let faults: [(code: Int, opening: Bool, StreamFault)] = [
        (286, false, .historyLost), (286, true, .historyLost), (136, false, .historyLost),
        (280, true, .historyLost),
        (260, true, .historyLost), (260, false, .fatal), (50811, true, .historyLost), (43, false, .retry),
        (91, false, .retry), (11600, true, .retry), (10107, false, .retry), (13, true, .fatal),
        (40573, true, .fatal),
    ]

    @Test(arguments: faults)
    func anErrorOfTheStreamIsToldByCodeAndPhase(code: Int, opening: Bool, expected: StreamFault) {
        let error = MongoError(
            source: .server, code: code, message: "", operation: "change stream", namespace: "db")
        #expect(StreamFault(error, opening: opening) == expected)
    }

    @Test func aBrokenConnectionIsTriedAgain() {
        for source in [MongoError.Source.network, .serverSelection] {
            let error = MongoError(source: source, code: 4, message: "", operation: "o", namespace: "db")
            #expect(StreamFault(error, opening: true) == .retry)
        }
    }

    @Test func backoffDoublesWithJitterUpToItsLimit() {
        var backoff = Backoff(first: 1, longest: 8)
        #expect((0..<5).map { _ in backoff.next(random: 1) } == [1, 2, 4, 8, 8])
        backoff.reset()
        #expect(backoff.next(random: 0) == 0.5)
    }
}
