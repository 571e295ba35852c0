import LockstepCore
import MongoBSON
import Testing

/// One document on its way through a round.
@Suite struct RoundDocumentTests {
    static let key = DocumentKey(1)
    static let rules = JudgementRules(version: "2", setup: "s", overhead: 100)
    static let input = Fingerprint(of: ["a"])

    static func document(_ change: PendingChange = PendingChange()) -> RoundDocument {
        RoundDocument(Job(key: key, change: change, size: 1))
    }

    static func output(_ input: Fingerprint?, version: String = "2") -> OutputEvidence {
        OutputEvidence(
            hasOutput: true, hasProvenance: true,
            provenance: input.map { Provenance(input: $0, version: version, at: 1) })
    }

    // MARK: Judge

    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        var reading = Reading()
        var force = false
        var retry = false
        let judgement: String
        /// What is recorded of it is over, when it is done with.
        var isParked = false
        var testDescription: String { what }
    }

    static let gone = Reading(evidence: nil)
    static let bare = Reading(evidence: Evidence(input: ["a"]))
    static let fresh = Reading(evidence: Evidence(input: ["a"], stored: output(input)))
    static func parked(
        _ stored: OutputEvidence = OutputEvidence(), input: Fingerprint? = input, version: String = "2",
        bytes: Int? = nil, isStuck: Bool = false, setup: String? = nil, size: Int? = nil,
        values: [BSONValue]? = ["a"], unjudged: String? = nil
    ) -> Reading {
        Reading(
            evidence: Evidence(input: values, unjudged: unjudged, stored: stored),
            parked: ParkedEntry(
                input: input, version: version, outputBytes: bytes, isStuck: isStuck, setup: setup),
            size: size)
    }

    static let cases = [
        Case(what: "gone", reading: gone, judgement: "gone"),
        Case(what: "without an output", reading: bare, judgement: "ask"),
        Case(what: "fresh", reading: fresh, judgement: "fresh"),
        Case(what: "fresh, and touched", reading: fresh, force: true, judgement: "ask"),
        Case(
            what: "of another input",
            reading: Reading(evidence: Evidence(input: ["b"], stored: output(input))),
            judgement: "ask"),
        Case(
            what: "of another version",
            reading: Reading(evidence: Evidence(input: ["a"], stored: output(input, version: "1"))),
            judgement: "ask"),
        Case(
            what: "without an input", reading: Reading(evidence: Evidence(stored: output(input))),
            judgement: "remove"),
        Case(
            what: "not matched",
            reading: Reading(evidence: Evidence(isUnmatched: true, stored: output(input))),
            judgement: "remove"),
        Case(what: "nothing at all", reading: Reading(evidence: Evidence()), judgement: "fresh"),
        Case(
            what: "the filter cannot be evaluated",
            reading: Reading(evidence: Evidence(input: ["a"], unjudged: "why")), judgement: "unjudged"),
        Case(what: "parked", reading: parked(), judgement: "upheld"),
        Case(what: "parked and retried", reading: parked(), retry: true, judgement: "ask", isParked: true),
        Case(
            what: "parked with another input", reading: parked(input: Fingerprint(of: ["b"])),
            judgement: "ask",
            isParked: true),
        Case(
            what: "parked by another version", reading: parked(version: "1"), judgement: "ask", isParked: true
        ),
        Case(
            what: "parked under another setup", reading: parked(setup: "t"), judgement: "ask", isParked: true),
        Case(what: "parked under this setup", reading: parked(setup: "s"), judgement: "upheld"),
        Case(what: "parked, and an output stands there", reading: parked(output(nil)), judgement: "clear"),
        Case(
            what: "parked, and it cannot be removed", reading: parked(output(nil), isStuck: true),
            judgement: "upheld"),
        Case(
            what: "parked, cannot be removed, and touched", reading: parked(output(nil), isStuck: true),
            force: true, judgement: "clear"),
        Case(
            what: "stuck without an input",
            reading: parked(output(nil), input: nil, isStuck: true, values: nil), judgement: "upheld"),
        Case(
            what: "stuck without an input, and touched",
            reading: parked(output(nil), input: nil, isStuck: true, values: nil), force: true,
            judgement: "remove", isParked: true),
        Case(
            what: "parked for its size", reading: parked(bytes: 9 << 20, size: 8 << 20), judgement: "upheld"),
        Case(
            what: "parked for its size, with room now", reading: parked(bytes: 9 << 20, size: 6 << 20),
            judgement: "ask", isParked: true),
        Case(
            what: "parked since the filter cannot be evaluated",
            reading: parked(input: nil, unjudged: "why"), judgement: "upheld"),
        Case(
            what: "fresh again, and parked",
            reading: Reading(
                evidence: Evidence(input: ["a"], stored: output(input)), parked: ParkedEntry(version: "1")),
            judgement: "fresh", isParked: true),
    ]

    @Test(arguments: cases) func itIsJudgedByWhatWasRead(_ test: Case) {
        var change = PendingChange()
        (change.force, change.retry) = (test.force, test.retry)
        var document = Self.document(change)
        document.state = .read(test.reading)
        var digest = SHA256()
        document.judge(Self.rules, with: &digest)
        guard case .judged(let judgement) = document.state else {
            Issue.record("it is not judged")
            return
        }
        #expect("\(judgement)".hasPrefix(test.judgement))
        #expect(document.isParked == test.isParked)
    }

    @Test func whatIsStoredForTheInputIsComparedWithWhatTheModelSaysNow() {
        var change = PendingChange()
        change.force = true
        for (answer, isUnchanged) in [("same", true), ("other", false)] {
            var document = Self.document(change)
            var reading = Self.fresh
            reading.output = "same"
            document.state = .read(reading)
            var digest = SHA256()
            document.judge(Self.rules, with: &digest)
            guard case .judged(.ask(let input)) = document.state else {
                Issue.record("it is not asked")
                return
            }
            document.state = .predicted(input, .prediction(BSONValue(answer)))
            document.settle(Self.rules, at: 5)
            if case .unchanged? = document.done { #expect(isUnchanged) } else { #expect(!isUnchanged) }
        }
    }

    // MARK: Settle

    static let asked = RoundInput(values: ["a"], fingerprint: input)

    static func settled(
        _ outcome: Bisection.Outcome, attempts: Int = 0, _ asked: RoundInput = asked
    ) -> RoundDocument {
        var change = PendingChange()
        change.attempts = attempts
        var document = document(change)
        document.state = .predicted(asked, outcome)
        document.settle(rules, at: 5)
        return document
    }

    @Test func aPredictionIsStoredWithWhatItWasComputedFrom() throws {
        let write = try #require(Self.settled(.prediction(7)).write)
        guard case .store(7, let provenance, input: ["a"]) = write.action else {
            Issue.record("\(write)")
            return
        }
        #expect(provenance == Provenance(input: Self.input, version: "2", at: 5))
        #expect(write.failure == nil)
    }

    @Test func aTextThatWasCutIsSaidToBe() throws {
        let write = try #require(Self.settled(.prediction(7, isTruncated: true)).write)
        guard case .store(7, let provenance, _) = write.action else {
            Issue.record("\(write)")
            return
        }
        #expect(provenance == Provenance(input: Self.input, version: "2", at: 5, isTruncated: true))
    }

    /// An output of the same value is written anew where its text turns out to be cut.
    @Test func whatIsKnownToBeCutIsWrittenThoughTheOutputIsTheSame() {
        var document = Self.document(PendingChange())
        document.known = Provenance(input: Self.input, version: "2", at: 1)
        var asked = Self.asked
        asked.stored = 7
        document.state = .predicted(asked, .prediction(7, isTruncated: true))
        document.settle(Self.rules, at: 5)
        #expect(document.write?.fingerprint == Self.input)
    }

    @Test func aRefusedInputIsParkedAndNoOutputStaysBesideIt() throws {
        let write = try #require(Self.settled(.refused("not this")).write)
        guard case .clear(input: ["a"], isJudged: true) = write.action else {
            Issue.record("\(write)")
            return
        }
        #expect(write.failure == Failure(.refused, "not this", attempts: 1, input: Self.input))
    }

    @Test func anInputThatBreaksTheModelIsParkedAtTheThirdAttempt() {
        for attempts in 0..<2 {
            let document = Self.settled(.failed("broke"), attempts: attempts)
            guard case .broken? = document.again else {
                Issue.record("\(document.state)")
                continue
            }
            #expect(document.job.change.attempts == attempts + 1)
        }
        let failure = Self.settled(.failed("broke"), attempts: 2).write?.failure
        #expect(failure == Failure(.broken, "broke", attempts: 3, input: Self.input, setup: "s"))
    }

    @Test func whatWasNotAnsweredIsNotBlamed() {
        let now = ContinuousClock.now
        let outcomes: [Bisection.Outcome] = [
            .unavailable("gone"), .wait(.seconds(1), "busy"), .later(nil), .deferred("id", nil), .held(now),
        ]
        for outcome in outcomes {
            let document = Self.settled(outcome, attempts: 2)
            #expect(document.again != nil && document.job.change.attempts == 2)
        }
    }

    @Test func whereTheFilterCannotBeEvaluatedTheInputIsNotToBlame() {
        var document = Self.document()
        var input = Self.asked
        input.isJudged = false
        document.state = .judged(.unjudged(input, "why"))
        document.settle(Self.rules, at: 5)
        #expect(document.write?.failure == Failure(.unjudged, "why", attempts: 1, input: nil))
    }

    @Test func anOutputElsewhereGoesWithItsDocument() throws {
        var document = Self.document()
        let provenance = Provenance(input: Self.input, version: "2", at: 1)
        document.state = .read(Reading(orphan: provenance))
        var digest = SHA256()
        document.judge(Self.rules, with: &digest)
        document.settle(Self.rules, at: 5)
        let change = try #require(document.change)
        if case .remove(.gone) = change.action {} else { Issue.record("\(change)") }
        #expect(change.known == provenance)
    }

    // MARK: Deliver

    static func delivered(
        _ outcome: Delivery.Outcome, _ model: Bisection.Outcome = .prediction(7), attempts: Int = 0,
        superseded: Fingerprint? = nil, isFiltered: Bool = false
    ) -> RoundDocument {
        var document = settled(model)
        (document.job.change.attempts, document.job.change.superseded) = (attempts, superseded)
        document.delivered(outcome, isFiltered: isFiltered)
        return document
    }

    @Test func whatIsDeliveredIsDone() {
        if case .stored? = Self.delivered(.delivered).done {} else { Issue.record("not stored") }
        if case .parked? = Self.delivered(.delivered, .refused("no")).done {
        } else {
            Issue.record("not parked")
        }
        var document = Self.document()
        document.state = .judged(.remove(.noValues))
        document.settle(Self.rules, at: 5)
        document.delivered(.delivered, isFiltered: false)
        if case .removed? = document.done {} else { Issue.record("not removed") }
    }

    @Test func aChangedDocumentIsLookedAtAgain() {
        for outcome in [Delivery.Outcome.superseded, .undecided] {
            let document = Self.delivered(outcome, attempts: 2)
            if case .now? = document.again {} else { Issue.record("\(document.state)") }
            #expect(document.job.change.superseded == Self.input && document.job.change.attempts == 0)
            #expect(document.unstored == nil)
        }
    }

    /// Nobody tells which of a batch was changed: a refused input is not asked again for that.
    @Test func aRefusalIsKeptThoughTheBatchIsUndecided() {
        #expect(Self.delivered(.undecided, .refused("no")).unstored?.answer == .refused("no"))
        #expect(Self.delivered(.superseded, .refused("no")).unstored == nil)
    }

    /// What is parked stands nowhere until it is recorded.
    @Test func aRefusalIsKnownUntilItIsRecorded() {
        #expect(Self.delivered(.delivered, .refused("no")).unstored?.answer == .refused("no"))
        #expect(Self.delivered(.delivered).unstored == nil)
    }

    @Test func whatNeverMatchesItsOwnInputIsParked() {
        let third = Self.delivered(.superseded, attempts: 2, superseded: Self.input)
        #expect(third.again != nil && third.job.change.attempts == 3)
        let fourth = Self.delivered(.superseded, attempts: 3, superseded: Self.input)
        #expect(fourth.failure?.reason == "the document does not match its own input")
        #expect(fourth.failure?.attempts == 5 && fourth.failure?.isStuck == false)
        // One that is parked for its input stays so for that.
        let refused = Self.delivered(
            .superseded, .refused("no"), attempts: 3, superseded: Self.input)
        #expect(refused.failure?.reason == "no")
    }

    struct Refused: Sendable {
        let refusal: SinkRefusal
        var isFiltered = false
        /// The failure that it is parked with; nil when it is tried again.
        var failure: Failure?
        var isPending = false
    }

    static let refusals = [
        Refused(refusal: SinkRefusal(verdict: .again, reason: "busy")),
        Refused(refusal: SinkRefusal(verdict: .wait, reason: "blocked"), isPending: true),
        Refused(
            refusal: SinkRefusal(verdict: .document, reason: "deep"),
            failure: Failure(.sink, "deep", attempts: 1, input: input)),
        Refused(
            refusal: SinkRefusal(verdict: .rule, reason: "index", rule: 11000),
            failure: {
                var failure = Failure(.sink, "index", attempts: 1, input: input)
                (failure.rule, failure.mayConcernAll) = (11000, true)
                return failure
            }()),
        Refused(
            refusal: SinkRefusal(verdict: .document, reason: "large", isAboutSize: true),
            failure: {
                var failure = Failure(.sink, "large", attempts: 1, input: input)
                failure.outputBytes = BSONValue(7).bytes.count
                return failure
            }()),
        // The filter may be what fails: a look tells.
        Refused(
            refusal: SinkRefusal(verdict: .document, reason: "bad", isAboutRequest: true), isFiltered: true),
    ]

    @Test(arguments: refusals.indices) func aRefusedOutputIsParkedOrTriedAgain(_ index: Int) {
        let test = Self.refusals[index]
        let document = Self.delivered(.refused(test.refusal), isFiltered: test.isFiltered)
        #expect(document.failure == test.failure)
        #expect(document.isPending == test.isPending)
        #expect((document.again != nil) == (test.failure == nil))
        // The model is not asked again, whatever comes next.
        #expect(document.unstored?.answer == .value(7))
    }

    @Test func aRemovalThatIsRefusedIsStuck() {
        var document = Self.document()
        document.state = .judged(.remove(.unmatched))
        document.settle(Self.rules, at: 5)
        document.delivered(.refused(SinkRefusal(verdict: .rule, reason: "no", rule: 121)), isFiltered: false)
        #expect(document.failure?.isStuck == true && document.failure?.mayConcernAll == true)
        #expect(document.isRefusedByRule && document.clearing == nil)
    }

    @Test func anOutputThatIsNotTakenLeavesNoneOfAnEarlierInputBehind() throws {
        let refusal = SinkRefusal(verdict: .rule, reason: "no", rule: 121)
        let parked = Self.delivered(.refused(refusal))
        let clearing = try #require(parked.clearing)
        guard case .clear(input: ["a"], isJudged: true) = clearing.action else {
            Issue.record("\(clearing)")
            return
        }
        var stuck = parked
        stuck.clearingRefused(.document)
        #expect(stuck.failure?.isStuck == true)
        // What stands there is not known then.
        var unknown = parked
        unknown.clearingRefused(.wait)
        #expect(unknown.again != nil && unknown.unstored?.answer == .value(7))
    }

    @Test func whatIsHeldIsPendingAndKept() {
        var document = Self.delivered(.refused(SinkRefusal(verdict: .rule, reason: "no", rule: 121)))
        document.hold(until: .now)
        #expect(document.isPending && document.failure == nil && document.unstored?.answer == .value(7))
    }

    // MARK: Record

    @Test func theParkedAreRecordedAndThoseThatAreOverForgotten() {
        func leaving(_ id: Int, _ exit: Exit, isParked: Bool) -> RoundDocument {
            var document = RoundDocument(Job(key: DocumentKey(BSONValue(id)), change: .init(), size: 1))
            document.isParked = isParked
            document.state = .leaves(exit, unstored: nil)
            return document
        }
        let failure = Failure(.refused, "no", attempts: 1, input: Self.input)
        let record = RoundRecord([
            leaving(0, .done(.stored), isParked: true), leaving(1, .done(.stored), isParked: false),
            leaving(2, .done(.parked(failure)), isParked: true), leaving(3, .again(.now), isParked: true),
            leaving(4, .done(.gone), isParked: true), leaving(5, .done(.upheld), isParked: false),
            leaving(6, .done(.fresh), isParked: true),
        ])
        #expect(record.parking.map(\.document.id) == [2] && record.parking.map(\.failure) == [failure])
        #expect(record.clearing.map(\.id) == [0, 4, 6])
    }
}
