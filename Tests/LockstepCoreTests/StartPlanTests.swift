@testable import LockstepCore
@testable import LockstepEngine
@testable import LockstepState
@testable import MongoBSON
import Testing
import TestModels

/// Where a session begins, and what the stream's errors call for.
@Suite struct StartPlanTests {
    private let listener = Listener(model: TextLength(), on: docs, key: "text")
    private let token: BSONDocument = ["_data": "826B030170000000232B022C0100296E5A1004"]

    private func saved(
        stream: String = "s", complete: Bool = true, after: BSONValue? = nil, isFinal: Bool = false
    ) -> Checkpoint {
        Checkpoint(
            position: Position(token: token), stream: stream,
            listeners: [
                listener.id: .init(definition: listener.definition, isComplete: complete, after: after)
            ], at: 0, isFinal: isFinal)
    }

    private func plan(
        _ saved: Checkpoint?, token: BSONDocument? = nil, listeners: [Listener]? = nil, forgets: Bool = false,
        present: BSONTimestamp? = nil
    ) -> StartPlan {
        StartPlan(
            stored: StoredCheckpoint(checkpoint: saved), token: token, stream: "s",
            listeners: PerListener(listeners ?? [listener]), present: present, forgetsPosition: forgets)
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

    @Test func whatCameAfterAFinalPositionIsNews() {
        let time = Position(token: token).clusterTime
        let now = BSONTimestamp(seconds: time.seconds + 9, increment: 0)
        // After a kill some of it may have been handled.
        #expect(plan(saved(), present: now).liveAfter == now)
        #expect(plan(saved(isFinal: true), present: now).liveAfter == time)
        #expect(plan(saved(stream: "another", isFinal: true), present: now).liveAfter == time)
        // Not from another place than the saved one.
        #expect(plan(saved(isFinal: true), token: token, present: now).liveAfter == now)
        #expect(plan(saved(isFinal: true), forgets: true, present: now).liveAfter == now)
        #expect(plan(nil, present: now).liveAfter == now)
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

    @Test func aPositionLaterThanTheClusterIsLostHistory() {
        let time = Position(token: token).clusterTime
        let before = BSONTimestamp(seconds: time.seconds - 1, increment: 0)
        #expect(plan(saved(), present: time).stream == .resume(token))
        let restored = plan(saved(), present: before)
        #expect(restored.stream == .now)
        #expect(restored.scans == [0: nil])
        #expect(restored.problem?.contains("older state") == true)
    }

    static let strange: [(BSONDocument, home: BSONValue?, isUsable: Bool, problem: String?)] = [
        (["barriers": 1, "term": 4], nil, false, nil),
        (["format": 2, "stream": "s"], nil, false, "another version"),
        (["format": "x"], nil, false, "another version"),
        (["format": 1, "stream": "s", "token": .null, "home": "a"], "a", true, nil),
        (["format": 1, "stream": "s", "token": .null, "home": "a"], "b", false, "another oplog"),
        (["format": 1, "stream": "s", "token": ["_data": "zz"]], nil, true, "token"),
        (["format": 1, "stream": "s", "token": 5, "listeners": "rubbish"], nil, true, "token"),
    ]

    @Test(arguments: strange.indices)
    func whatIsStoredByHandOrElsewhereIsSaidAndNotGoneOnFrom(index: Int) {
        let (document, home, isUsable, problem) = Self.strange[index]
        let stored = StoredCheckpoint(document, home: home)
        #expect((stored.checkpoint != nil) == isUsable)
        #expect(stored.checkpoint?.position == nil)
        #expect((stored.problem == nil) == (problem == nil))
        if let problem { #expect(stored.problem?.contains(problem) == true) }
    }

    enum Phase: Sendable { case reading, openingAfterToken, openingNow }

    static let faults: [(code: Int, phase: Phase, StreamFault)] = [
        (286, .reading, .historyLost), (286, .openingAfterToken, .historyLost), (136, .reading, .historyLost),
        (280, .reading, .historyLost), (280, .openingAfterToken, .historyLost),
        (260, .openingAfterToken, .historyLost), (260, .reading, .fatal),
        (9, .openingAfterToken, .historyLost),
        (50811, .openingAfterToken, .historyLost), (40649, .openingAfterToken, .historyLost),
        (40324, .openingNow, .fatal), (286, .openingNow, .fatal),
        (43, .reading, .retry), (237, .reading, .retry), (91, .reading, .retry), (10107, .reading, .retry),
        (11600, .openingAfterToken, .retry), (13, .openingAfterToken, .fatal), (13, .reading, .fatal),
        (18, .openingAfterToken, .fatal), (40573, .openingNow, .noStreams), (10334, .reading, .tooLarge),
        (7_182_500, .reading, .tooLarge),
        (31325, .openingNow, .fatal), (17124, .reading, .fatal), (371, .reading, .retry),
        (8000, .reading, .retry),
        (4711, .openingNow, .retry), (14031, .openingAfterToken, .retry),
        (10334, .reading, .tooLarge), (10334, .openingAfterToken, .tooLarge),
    ]

    @Test(arguments: faults)
    func anErrorOfTheStreamIsToldByCodeAndPhase(code: Int, phase: Phase, expected: StreamFault) {
        let error = MongoError(
            source: .server, code: code, message: "", operation: "change stream", namespace: "db")
        let opening: StartPlan.Stream? =
            switch phase {
            case .reading: nil
            case .openingAfterToken: .resume(token)
            case .openingNow: .now
            }
        #expect(StreamFault(error, opening: opening) == expected)
    }

    @Test func aBrokenConnectionIsTriedAgain() {
        for source in [MongoError.Source.network, .serverSelection] {
            let error = MongoError(source: source, code: 4, message: "", operation: "o", namespace: "db")
            #expect(StreamFault(error, opening: .resume(token)) == .retry)
        }
    }

    @Test func backoffDoublesWithJitterUpToItsLimit() {
        var backoff = Backoff(first: 1, longest: 8)
        #expect((0..<5).map { _ in backoff.next(random: 1) } == [1, 2, 4, 8, 8])
        backoff.reset()
        #expect(backoff.next(random: 0) == 0.5)
    }
}
