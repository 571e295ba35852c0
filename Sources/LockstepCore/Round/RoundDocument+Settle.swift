extension RoundDocument {
    /// What follows from what was judged and predicted: something to deliver, or an exit.
    ///
    /// - Parameter time: milliseconds since 1970.
    package mutating func settle(_ rules: JudgementRules, at time: Int64) {
        switch state {
        case .judged(let judgement): settle(judgement)
        case .predicted(let input, let outcome): settle(input, outcome, rules, at: time)
        default: break
        }
    }

    private mutating func settle(_ judgement: Judgement) {
        switch judgement {
        case .gone: state = leaving(.gone)
        case .fresh: state = leaving(.fresh)
        case .upheld: state = leaving(.upheld)
        case .remove(let absence): state = .settled(Write(action: .remove(absence)))
        case .clear(let input): state = .settled(clearing(input))
        case .unjudged(let input, let reason): park(input, .unjudged, reason)
        case .ask: break
        }
    }

    private mutating func settle(
        _ input: RoundInput, _ outcome: Bisection.Outcome, _ rules: JudgementRules, at time: Int64
    ) {
        switch outcome {
        case .prediction(let value, let isTruncated)
        where value == input.stored && isTruncated == known?.isTruncated:
            state = leaving(.unchanged)
        case .prediction(let value, let isTruncated):
            let provenance = Provenance(
                input: input.fingerprint, version: rules.version, at: time, isTruncated: isTruncated)
            state = .settled(
                Write(
                    action: .store(value, provenance, input: input.values), fingerprint: input.fingerprint))
        case .refused(let reason): park(input, .refused, reason)
        case .failed(let reason):
            // mechanism attempts, off: job.change.attempts + 1 < Self.maximumAttempts becomes true
            guard job.change.attempts + 1 < Self.maximumAttempts else {
                return park(input, .broken, reason, setup: rules.setup)
            }
            job.change.attempts += 1
            state = .leaves(.again(.broken), unstored: nil)
        case .unavailable(let reason): state = .leaves(.again(.unavailable(reason)), unstored: nil)
        case .wait(let time, let reason): state = .leaves(.again(.wait(time, reason)), unstored: nil)
        case .later(let time), .deferred(_, let time):
            state = .leaves(.again(.later(time)), unstored: nil)
        case .held(let until): state = .leaves(.again(.held(until)), unstored: nil)
        }
    }

    private mutating func park(
        _ input: RoundInput, _ cause: Failure.Cause, _ reason: String, setup: String? = nil
    ) {
        var write = clearing(input)
        write.failure = Failure(
            cause, reason, attempts: job.change.attempts + 1, input: input.parkedFingerprint, setup: setup)
        state = .settled(write)
    }

    /// No output must stand beside it.
    private func clearing(_ input: RoundInput) -> Write {
        Write(
            action: .clear(input: input.values, isJudged: input.isJudged), fingerprint: input.fingerprint)
    }

    private func leaving(_ done: Exit.Done) -> State {
        .leaves(.done(done), unstored: nil)
    }
}
