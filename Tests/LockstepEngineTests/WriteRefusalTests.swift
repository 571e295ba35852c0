@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
import Logging
@testable import MongoBSON
@testable import MongoDriver
import TestModels
import Testing

/// What refused writes call for.
@Suite struct WriteRefusalTests {
    static let verdicts: [(code: Int, fields: [String], WriteVerdict)] = [
        // Somebody's value is in the way; busy, or interrupted.
        (28, [], .again), (112, [], .again), (11600, [], .again), (189, [], .again),
        // Of the server, known or not.
        (371, [], .wait), (365, [], .wait), (8000, [], .wait), (14031, [], .wait), (4711, [], .wait),
        // Too large, nested too deep, or with names that MongoDB does not take.
        (15, [], .document), (22, [], .document), (52, [], .document), (10334, [], .document),
        (17419, [], .document), (17420, [], .document),
        // A validator, by what it complains of.
        (121, [], .rule), (121, ["_outputs"], .rule), (121, ["title", "_lockstep.text"], .rule),
        (121, ["title"], .document), (121, ["_outputsX"], .document),
        // Indexes, immutable fields, and other assertions about the document.
        (11000, [], .rule), (16755, [], .rule), (16766, [], .rule), (16804, [], .rule), (171, [], .rule),
        (66, [], .rule), (17280, [], .rule), (99_999, [], .rule),
    ]

    @Test(arguments: verdicts)
    func aRefusedWriteIsOfTheDocumentTheServerOrARule(code: Int, fields: [String], expected: WriteVerdict) {
        #expect(WriteVerdict(WriteError(index: 0, code: code, message: "", fields: fields)) == expected)
    }

    @Test func aRefusalSaysWhatToDo() {
        func text(_ code: Int, _ fields: [String] = []) -> String {
            WriteError(index: 0, code: code, message: "why", fields: fields).refusal
        }
        #expect(text(121, ["_outputs"]) == "why. Allow `_outputs` and `_lockstep` in the validator")
        #expect(text(121, ["title"]).hasPrefix("why. Fix the document"))
        #expect(text(11000) == "why. Drop the index, or make it not unique")
        #expect(text(16755) == "why (code 16755). Does an index include `_outputs`? Drop it")
        #expect(text(17419) == "why (code 17419)")
    }

    /// Rounds of writes, each with outputs that were stored and that were refused, and what is parked in each.
    static let runs: [(rounds: [(stored: Int, refused: Int)], parked: [Int], over: [Bool], holds: Bool)] = [
        ([(0, 2)], [2], [false], false),
        ([(0, 3)], [3], [false], false),
        ([(0, 29)], [3], [false], true),
        (
            [(0, 1), (0, 1), (0, 1), (0, 1), (0, 5)], [1, 1, 1, 0, 0], [false, false, false, false, false],
            true
        ),
        // One that is stored in between: single documents.
        ([(0, 2), (1, 0), (0, 2), (7, 5)], [2, 0, 2, 5], [false, false, false, false], false),
        ([(0, 29), (0, 3), (1, 2), (0, 2)], [3, 0, 2, 2], [false, false, true, false], false),
        // Nothing was written.
        ([(0, 29), (0, 0)], [3, 0], [false, false], true),
    ]

    @Test(arguments: runs.indices)
    func refusalsInARowAreTakenForARule(index: Int) {
        let (rounds, parked, over, holds) = Self.runs[index]
        var run = RefusalRun()
        let decisions = rounds.map { run.count(stored: $0.stored, refused: $0.refused) }
        #expect(decisions.map(\.parked) == parked)
        #expect(decisions.map(\.isOver) == over)
        #expect(run.isHolding == holds)
    }

    @Test func whatWasRefusedBeforeIsTriedWithFewDocumentsFirst() {
        var run = RefusalRun(isSuspected: true)
        #expect(run.isSuspected && !run.isHolding)
        #expect(run.count(stored: 0, refused: 2) == .init(parked: 0))
        #expect(run.isHolding)
        #expect(run.count(stored: 1, refused: 0) == .init(parked: 0, isOver: true))
        #expect(!run.isSuspected)
    }

    @Test func aPredictionThatWasNotStoredIsKeptForItsInputAlone() {
        let kept = KeptPredictions(limit: 1000)
        let (a, b) = (Fingerprint(of: ["a"]), Fingerprint(of: ["b"]))
        let (one, two) = (DocumentKey(1), DocumentKey(2))
        kept.keep(.value(5), for: a, of: one)
        #expect(kept.take(b, of: one) == nil)
        #expect(kept.take(a, of: one) == nil)
        kept.keep(.value(5), for: a, of: one)
        kept.keep(.value(6), for: b, of: one)
        kept.keep(.value(7), for: a, of: two)
        #expect(kept.take(b, of: one) == .value(6))
        #expect(kept.take(a, of: two) == .value(7))
        #expect(kept.isEmpty)
    }

    @Test func whatWasKeptOfADocumentThatIsDoneWithTakesNoRoom() {
        let kept = KeptPredictions(limit: 1000)
        let input = Fingerprint(of: ["a"])
        for id in 0..<100 { kept.keep(.value(5), for: input, of: DocumentKey(BSONValue(id))) }
        kept.forget((0..<100).map { DocumentKey(BSONValue($0)) })
        #expect(kept.isEmpty)
        kept.keep(.value(5), for: input, of: DocumentKey(1))
        #expect(kept.take(input, of: DocumentKey(1)) == .value(5))
    }

    @Test func whatIsKeptIsBoundedInBytes() {
        let kept = KeptPredictions(limit: 1000)
        let input = Fingerprint(of: ["a"])
        for id in 0..<100 { kept.keep(.value(5), for: input, of: DocumentKey(BSONValue(id))) }
        let found = (0..<100).count { kept.take(input, of: DocumentKey(BSONValue($0))) != nil }
        #expect(found > 0 && found < 10)
        #expect(kept.isEmpty)
    }

    @Test func whatAllListenersKeepIsBoundedInBytes() {
        let kept = KeptByListener(budget: KeptBudget(2000))
        let listeners = ["a", "b"].map {
            Listener(model: TextLength(), on: Collection("docs"), key: $0)
        }
        let input = Fingerprint(of: ["a"])
        let keys = (0..<100).map { DocumentKey(BSONValue($0)) }
        func fill(_ listener: Listener) -> Bool {
            let predictions = kept.predictions(of: listener)
            for key in keys { predictions.keep(.value(5), for: input, of: key) }
            return !predictions.isEmpty
        }
        #expect(fill(listeners[0]))
        // Nothing is left for the other one until the first gives back.
        #expect(!fill(listeners[1]))
        kept.predictions(of: listeners[0]).forget(keys)
        #expect(fill(listeners[1]))
        #expect(!fill(listeners[0]))
        // A listener that is there no more gives all back.
        kept.forgetAll(but: [listeners[0]])
        #expect(fill(listeners[0]))
    }

    @Test func aListenerWhoseOutputsAreRefusedHoldsAndTriesFew() throws {
        let health = ListenerHealth(
            name: "docs/text/length", log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let (_, due) = health.writes.count(stored: 0, refused: Array(repeating: "no", count: 10), at: 100)
        #expect(health.isOut && health.holdsUntil(due - .milliseconds(1)) == due)
        #expect(health.holdsUntil(due) == nil && health.writes.trial == WriteHealth.trial)
        // A model that answers does not end it.
        health.succeeded()
        #expect(health.isOut && health.outage == nil && health.writes.reason == "no")
        // Nor a round that removed outputs alone.
        health.writes.succeeded()
        #expect(health.isOut)
        _ = health.writes.count(stored: 1, refused: [], at: 200)
        health.writes.succeeded()
        #expect(!health.isOut && health.writes.trial == nil)
        // What was parked before these refusals has a rule of its own.
        #expect(health.writes.takeRetry() == 100)
        #expect(health.writes.takeRetry() == nil)
        #expect(try health.writes.rules(refusing: "no") { CollectionRules() } == "")
        #expect(health.writes.refusal == "no" && health.writes.rules == "")
        health.writes.forgetRefusals()
        #expect(health.writes.refusal == nil && health.writes.rules == nil)
    }
}
