extension RoundDocument {
    /// What follows from what became of the write.
    ///
    /// - Parameter isFiltered: the listener has a filter, which the sink asks again.
    package mutating func delivered(_ outcome: Delivery.Outcome, isFiltered: Bool) {
        guard case .settled(let write) = state else { return }
        switch outcome {
        case .delivered: state = .leaves(.done(done(write)), unstored: refusal(write))
        case .superseded: superseded(write, unstored: nil)
        // What stands now is fresh, and what was changed has another input; a refusal is good for both.
        case .undecided: superseded(write, unstored: refusal(write))
        case .refused(let refusal): refused(write, refusal, isFiltered)
        }
    }

    /// A refusal by the model stands in no document.
    private func refusal(_ write: Write) -> Write? {
        write.failure?.cause == .refused ? write : nil
    }

    private func done(_ write: Write) -> Exit.Done {
        if let failure = write.failure { return .parked(failure) }
        if case .store = write.action { return .stored }
        return .removed
    }

    private mutating func superseded(_ write: Write, unstored: Write?) {
        // The same input again and again, and yet no match: then it is not somebody else's change.
        job.change.attempts = job.change.superseded == write.fingerprint ? job.change.attempts + 1 : 0
        job.change.superseded = write.fingerprint
        if job.change.attempts > Self.maximumAttempts {
            park(write, nil, "the document does not match its own input")
        } else {
            state = .leaves(.again(.now), unstored: unstored)
        }
    }

    private mutating func refused(_ write: Write, _ refusal: SinkRefusal, _ isFiltered: Bool) {
        switch refusal.verdict {
        case .again: state = .leaves(.again(.now), unstored: write)
        case .wait: state = .leaves(.again(.pending(nil)), unstored: write)
        case _ where isFiltered && refusal.isAboutRequest && !wasLookedAtAgain(write.fingerprint):
            // The filter may be what cannot be evaluated on the document as it is now: a look at it tells.
            job.change.superseded = write.fingerprint
            job.change.attempts += 1
            state = .leaves(.again(.now), unstored: write)
        case .document, .rule: park(write, refusal, refusal.reason)
        }
    }

    /// A removal has no input to tell it by; its attempts do.
    private func wasLookedAtAgain(_ fingerprint: Fingerprint?) -> Bool {
        fingerprint.map { job.change.superseded == $0 } ?? (job.change.attempts > 0)
    }

    /// The sink refuses it, or the document never matches.
    private mutating func park(_ write: Write, _ refusal: SinkRefusal?, _ reason: String) {
        // Parked for the input, it stays so for that.
        var failure =
            write.failure
            ?? Failure(.sink, reason, attempts: job.change.attempts + 1, input: parkedFingerprint(write))
        failure.rule = refusal?.rule
        switch write.action {
        case .store(let output, _, _):
            failure.mayConcernAll = refusal?.verdict == .rule
            failure.outputBytes = refusal?.isAboutSize == true ? output.bytes.count : nil
        case .remove:
            failure.mayConcernAll = refusal?.verdict == .rule
            failure.isStuck = refusal != nil
        case .clear: failure.isStuck = refusal != nil
        }
        state = .leaves(.done(.parked(failure)), unstored: write)
    }

    private func parkedFingerprint(_ write: Write) -> Fingerprint? {
        if case .clear(_, isJudged: false) = write.action { return nil }
        return write.fingerprint
    }

    /// A rule of the sink refused it, which may refuse all outputs.
    package var isRefusedByRule: Bool {
        if case .parked(let failure) = done { return failure.mayConcernAll }
        return false
    }

    /// It waits until the sink takes something again.
    package mutating func hold(until due: ContinuousClock.Instant) {
        guard case .leaves(_, let unstored) = state else { return }
        state = .leaves(.again(.pending(due)), unstored: unstored)
    }

    /// What removes an output of an earlier input, since the one of now is not taken.
    package var clearing: OutputChange? {
        guard case .leaves(.done(.parked), let write?) = state, case .store(_, _, let input) = write.action
        else { return nil }
        return OutputChange(key: job.key, action: .clear(input: input, isJudged: true), known: known)
    }

    /// The removal of an output of an earlier input was refused.
    package mutating func clearingRefused(_ verdict: WriteVerdict) {
        guard case .leaves(.done(.parked(var failure)), let unstored) = state else { return }
        switch verdict {
        case .rule, .document:
            failure.isStuck = true
            state = .leaves(.done(.parked(failure)), unstored: unstored)
        // What stands there is not known: the document is tried again.
        case .again, .wait: state = .leaves(.again(.now), unstored: unstored)
        }
    }
}
