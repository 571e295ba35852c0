import Lockstep
import LockstepAPI
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
        let found = API.Problem.all(of: .sample(test.change), maxLag: .seconds(60))
        #expect(found.map { "\($0.severity.rawValue) \($0.code): \($0.message)" } == test.expected)
        #expect(found.allSatisfy { !$0.hint.isEmpty })
    }

    private static let cases = [
        Case(testDescription: "all is well", change: { _ in }, expected: []),
        Case(
            testDescription: "the model is unavailable",
            change: { status in
                status.listeners[0].state = .out
                status.listeners[0].reason = "the model `minilm` does not work: connection refused"
                status.listeners[0].missing = 1200
                status.listeners[0].stale = 4
            },
            expected: [
                "error modelOut: The model `minilm` does not work: connection refused. 1,204 documents of `docs` are pending; nothing is lost."
            ]),
        Case(
            testDescription: "a budget is spent",
            change: { status in
                status.listeners[0].state = .spent
                status.listeners[0].reason =
                    "the budget of `minilm`, 5/day, is spent: it goes on at 2026-11-29T00:00Z"
                status.listeners[0].missing = 1200
            },
            expected: [
                "warning budget: The budget of `minilm`, 5/day, is spent: it goes on at 2026-11-29T00:00Z. What changes meanwhile is found by a scan then; nothing is lost."
            ]),
        Case(
            testDescription: "a document is parked",
            change: { $0.listeners[0].failed = 1 },
            expected: [
                "warning failures: 1 document of `docs` is parked without a prediction of the model `minilm`."
            ]),
        Case(
            testDescription: "MongoDB refuses the outputs",
            change: { status in
                status.listeners[0].state = .refused
                status.listeners[0].reason =
                    "MongoDB refuses the output: the collection's validator refuses the document. Allow `_outputs` and `_lockstep` in the validator"
                status.listeners[0].missing = 1200
            },
            expected: [
                "error refused: Outputs of `docs` are not stored: MongoDB refuses the output: the collection's validator refuses the document. Allow `_outputs` and `_lockstep` in the validator. 1,200 documents of `docs` are pending; nothing is lost."
            ]),
        Case(
            testDescription: "paused",
            change: { status in
                status.listeners[0].state = .paused
                status.listeners[0].unchecked = 1
            },
            expected: [
                "info paused: `docs/text/minilm` is paused: its model is not called. Changes made meanwhile are found by a scan when it is resumed."
            ]),
        Case(
            testDescription: "a scan runs",
            change: { $0.listeners[0].look = (500, 2000, 3) },
            expected: [
                "info backfilling: `docs` is scanned for `docs/text/minilm`: 25 % done."
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
                "warning lag: Predictions are 95 s behind: 1,204 documents are pending.",
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
            testDescription: "standby",
            change: { status in
                status.state = .standingBy
                status.holder = "db1 (process 4711)"
            },
            expected: [
                "info standingBy: db1 (process 4711) follows the changes; this process is standby and takes over when that ends."
            ]),
        Case(
            testDescription: "standby, and the other one runs something else",
            change: { status in
                status.state = .standingBy
                status.holder = "db1 (process 4711)"
                status.difference = "does not run `docs/text/minilm`"
            },
            expected: [
                "warning otherConfiguration: db1 (process 4711) follows the changes with another configuration: it does not run `docs/text/minilm`.",
                "info standingBy: db1 (process 4711) follows the changes; this process is standby and takes over when that ends.",
            ]),
        Case(
            testDescription: "one model is unavailable for many listeners: one problem",
            change: { status in
                status.listeners = (0..<10).map { number in
                    .sample { listener in
                        listener.id = "c\(number)/text/minilm"
                        listener.on = "c\(number)"
                        listener.state = .out
                        listener.reason = "the model `minilm` does not work: process 47\(number) exited"
                        listener.missing = number
                    }
                }
            },
            expected: [
                "error modelOut: The model `minilm` does not work: process 479 exited. 45 documents of 10 listeners are pending; nothing is lost."
            ]),
        Case(
            testDescription: "two causes are two problems, two models with one cause are one",
            change: { status in
                status.listeners = [("a", "refused"), ("b", "refused"), ("c", "no such file")].map {
                    model, why in
                    .sample { listener in
                        listener.id = "docs/text/\(model)"
                        listener.model = model
                        listener.state = .out
                        listener.reason = "the model `\(model)` does not work: \(why)"
                        listener.missing = 1
                    }
                }
            },
            expected: [
                "error modelOut: `a`, `b`: the model `a` does not work: refused. 2 documents of 2 listeners are pending; nothing is lost.",
                "error modelOut: The model `c` does not work: no such file. 1 document of `docs` is pending; nothing is lost.",
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
        let readiness = API.Readiness(status, maxLag: .seconds(60), isStandalone: false)
        #expect(readiness.reasons.map(\.code) == codes)
        #expect(readiness.isReady == codes.isEmpty)
    }

    @Test func aPositionThatDoesNotMoveIsNotReady() {
        let status = WatcherStatus.sample { $0.savingFailsFor = 61 }
        #expect(
            API.Readiness(status, maxLag: .seconds(60), isStandalone: false).reasons.map(\.code) == ["stuck"])
    }
}

@Suite struct FormatTests {
    @Test(arguments: [
        (0.04, "0 s"), (0.44, "0.4 s"), (9.96, "10 s"), (95.4, "95 s"), (600, "10 min"), (7200, "2 h"),
        (200_000, "2 days"),
    ])
    func timesHaveSensibleUnits(seconds: Double, text: String) {
        #expect(Format.time(seconds) == text)
    }

    @Test func aLongTextIsCutAtTheEndOfAClauseAndKeptWhole() {
        let short = Format.shortened("connection refused")
        #expect(short.text == "connection refused" && short.whole == nil)
        let driver =
            "No suitable servers found: `serverSelectionTimeoutMS` expired: [connection refused calling hello on 'db1:27017'] [connection refused calling hello on 'db2:27017'] [and more]"
        let cut = Format.shortened(driver)
        #expect(
            cut.text == "No suitable servers found: `serverSelectionTimeoutMS` expired" && cut.whole == driver
        )
        let words = String(repeating: "word ", count: 100)
        #expect(Format.shortened(words).text.count <= 162 && Format.shortened(words).text.hasSuffix("word …"))
        #expect(Format.shortened(String(repeating: "x", count: 500)).text.count == 161)
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1204, "1,204"), (-1_234_567, "-1,234,567")])
    func numbersAreGrouped(number: Int, text: String) {
        #expect(Format.number(number) == text)
    }
}
