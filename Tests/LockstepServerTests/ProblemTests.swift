import Lockstep
import Testing

@testable import LockstepServer

@Suite struct ProblemTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout WatcherStatus) -> Void
        /// Code, severity and message of each.
        let expected: [String]
    }

    @Test(arguments: Self.cases)
    func whatIsWrongIsSaidInWords(test: Case) {
        let found = Problem.all(of: .sample(test.change), maxLag: .seconds(60))
        #expect(found.map { "\($0.severity.rawValue) \($0.code): \($0.message)" } == test.expected)
        #expect(found.allSatisfy { !$0.hint.isEmpty })
    }

    private static let cases = [
        Case(testDescription: "all is well", change: { _ in }, expected: []),
        Case(
            testDescription: "the model is out",
            change: { status in
                status.listeners[0].state = .out
                status.listeners[0].reason = "the model `minilm` does not work: connection refused"
                status.listeners[0].missing = 1200
                status.listeners[0].stale = 4
            },
            expected: [
                "error modelOut: The model `minilm` does not work: connection refused. 1,204 documents of `docs` wait; nothing is lost."
            ]),
        Case(
            testDescription: "a document was set aside",
            change: { $0.listeners[0].failed = 1 },
            expected: [
                "warning failures: 1 document of `docs` was set aside: the model `minilm` refuses its input."
            ]),
        Case(
            testDescription: "paused",
            change: { status in
                status.listeners[0].state = .paused
                status.listeners[0].unchecked = 1
            },
            expected: [
                "info paused: `docs/text/minilm` is paused: its model is not called, and what changes is found when it is resumed."
            ]),
        Case(
            testDescription: "looking through documents",
            change: { $0.listeners[0].look = (500, 2000, 3) },
            expected: [
                "info backfilling: The documents of `docs` are looked through for `minilm`: 25 % done."
            ]),
        Case(
            testDescription: "behind, and history is about to be lost; the worst first",
            change: { status in
                status.lag = 95
                status.queue = (1204, 5000, 32 << 20)
                status.headroom = (60, 600)
            },
            expected: [
                "error headroom: In 60 s the oplog no longer reaches back to the position.",
                "warning lag: Predictions are 95 s behind: 1,204 documents wait.",
            ]),
        Case(
            testDescription: "a short oplog is no problem while nothing is behind",
            change: { $0.headroom = (3, 60) }, expected: []),
        Case(
            testDescription: "MongoDB is gone",
            change: { status in
                status.state = .disconnected
                status.fault = "connection refused"
                status.lag = nil
            }, expected: ["error disconnected: MongoDB does not answer: connection refused. Nothing is lost."]
        ),
        Case(
            testDescription: "it has ended", change: { $0.state = .ended },
            expected: ["error ended: Lockstep has ended."]),
        Case(
            testDescription: "standing by", change: { $0.state = .standingBy },
            expected: [
                "info standingBy: Another process follows the changes; this one takes over when that ends."
            ]),
        Case(
            testDescription: "positions cannot be saved", change: { $0.savingFailsFor = 42 },
            expected: ["warning stuck: The position could not be saved for 42 s."]),
        Case(
            testDescription: "something is in the collection's place",
            change: { status in
                status.listeners[0].state = .blocked
                status.listeners[0].reason = "`docs` is a view now"
            }, expected: ["error collectionGone: `docs` is a view now."]),
    ]
}

@Suite struct ReadinessTests {
    @Test(arguments: [
        (WatcherStatus.State.following, 0.5, [String]()), (.backfilling, 59, []), (.following, 61, ["lag"]),
        (.starting, 0, ["notOpen"]), (.disconnected, 0, ["notOpen"]), (.standingBy, 0, ["standingBy"]),
        (.ended, 0, ["ended"]),
    ])
    func itIsReadyWhenTheStreamIsOpenAndTheLagIsSmall(
        state: WatcherStatus.State, lag: Double, codes: [String]
    ) {
        let status = WatcherStatus.sample { status in
            status.state = state
            status.lag = lag
        }
        let readiness = Readiness(status, maxLag: .seconds(60), isStandalone: false)
        #expect(readiness.reasons.map(\.code) == codes)
        #expect(readiness.isReady == codes.isEmpty)
    }

    @Test func aPositionThatDoesNotMoveIsNotReady() {
        let status = WatcherStatus.sample { $0.savingFailsFor = 61 }
        #expect(
            Readiness(status, maxLag: .seconds(60), isStandalone: false).reasons.map(\.code) == ["stuck"])
    }
}

@Suite struct WordsTests {
    @Test(arguments: [
        (0.04, "0 s"), (0.44, "0.4 s"), (9.96, "10 s"), (95.4, "95 s"), (600, "10 min"), (7200, "2 h"),
        (200_000, "2 days"),
    ])
    func timesHaveSensibleUnits(seconds: Double, text: String) {
        #expect(Words.time(seconds) == text)
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1204, "1,204"), (-1_234_567, "-1,234,567")])
    func numbersAreGrouped(number: Int, text: String) {
        #expect(Words.number(number) == text)
    }
}
