import MongoBSON

/// One document on its way through a round: it is in one state, and leaves by one exit.
package struct RoundDocument: Sendable {
    package enum State: Sendable {
        /// As it came from the queue.
        case taken
        case read(Reading)
        case judged(Judgement)
        case predicted(RoundInput, Bisection.Outcome)
        case settled(Write)
        /// `unstored`: what was computed, and not stored.
        case leaves(Exit, unstored: Write?)
    }

    package var job: Job
    package var state = State.taken
    /// It is parked for something that this round does not uphold.
    package var isParked = false
    /// Something stands above its output that must be cleared first.
    package var isObstructed = false
    /// What its provenance was when it was read.
    package var known: Provenance?

    package init(_ job: Job) {
        // The server names the elements of an array by their places, and fingerprints are of what it gives.
        self.job = job.change.carried?.allSatisfy(\.isAsRead) == false ? job.withoutValues : job
    }
}

/// What was read of a document.
package struct Reading: Sendable {
    /// Nil when the document is gone.
    package var evidence: Evidence?
    /// Of an output that is there still, though its document is gone.
    package var orphan: Provenance?
    /// Its entry, when it is parked.
    package var parked: ParkedEntry?
    /// What is stored, when somebody changed it.
    package var output: BSONValue?
    /// Bytes of the whole document, when there was no room for its output.
    package var size: Int?

    package init(
        evidence: Evidence? = nil, orphan: Provenance? = nil, parked: ParkedEntry? = nil,
        output: BSONValue? = nil, size: Int? = nil
    ) {
        self.evidence = evidence
        self.orphan = orphan
        self.parked = parked
        self.output = output
        self.size = size
    }
}

/// The input of a document, as it was read.
package struct RoundInput: Sendable {
    package let values: [BSONValue]
    package let fingerprint: Fingerprint
    /// What is stored for this very input, when it is computed again because somebody touched it.
    package var stored: BSONValue?
    /// The listener's filter can be evaluated on the document.
    package var isJudged = true
    /// A person wants the model to be asked, whatever it has said before.
    package var isRetry = false

    package init(
        values: [BSONValue], fingerprint: Fingerprint, stored: BSONValue? = nil, isJudged: Bool = true,
        isRetry: Bool = false
    ) {
        self.values = values
        self.fingerprint = fingerprint
        self.stored = stored
        self.isJudged = isJudged
        self.isRetry = isRetry
    }

    /// What is noted of it when it is parked. Where the filter could not be evaluated the input is not to blame:
    /// any change of the document makes it news.
    package var parkedFingerprint: Fingerprint? {
        isJudged ? fingerprint : nil
    }

    /// The input of the model call.
    package var value: BSONValue {
        values.count == 1 ? values[0] : BSONValue(values)
    }
}

/// What is to be delivered, and what it follows from.
package struct Write: Sendable {
    package let action: OutputChange.Action
    /// The input; nil when there is none.
    package var fingerprint: Fingerprint?
    /// The document is parked beside.
    package var failure: Failure?

    package init(action: OutputChange.Action, fingerprint: Fingerprint? = nil, failure: Failure? = nil) {
        self.action = action
        self.fingerprint = fingerprint
        self.failure = failure
    }
}

/// How a document leaves a round.
package enum Exit: Sendable {
    /// It is done with.
    case done(Done)
    /// It returns to the queue.
    case again(Again)

    package enum Done: Sendable {
        /// There is no such document.
        case gone
        case fresh
        /// Parked with this very input.
        case upheld
        /// Somebody touched the output, and it is what the model says nevertheless.
        case unchanged
        case stored
        case removed
        case parked(Failure)
    }

    package enum Again: Sendable {
        /// The document was changed meanwhile.
        case now
        /// The input broke the model.
        case broken
        /// The model does not work at the moment.
        case unavailable(String)
        /// The model asks to be asked again after that time.
        case wait(Duration, String)
        /// The provider has no answer to this input yet.
        case later(Duration?)
        /// Another listener has met an outage of the account.
        case held(ContinuousClock.Instant)
        /// The sink takes nothing for now; until when, where that is known.
        case pending(ContinuousClock.Instant?)
    }
}

extension RoundDocument {
    /// Attempts on an input that breaks the model before its document is parked.
    package static let maximumAttempts = 3

    /// It is done with, or gone.
    package var done: Exit.Done? {
        if case .leaves(.done(let done), _) = state { return done }
        return nil
    }

    package var again: Exit.Again? {
        if case .leaves(.again(let again), _) = state { return again }
        return nil
    }

    /// The prediction that is not stored.
    package var unstored: (input: Fingerprint, answer: KnownAnswer)? {
        switch state {
        case .predicted(let input, let outcome):
            outcome.known.map { (input.fingerprint, $0) }
        case .settled(let write), .leaves(_, unstored: let write?):
            write.known
        default: nil
        }
    }
}

extension Write {
    fileprivate var known: (input: Fingerprint, answer: KnownAnswer)? {
        switch action {
        case .store(let value, let provenance, _):
            return (provenance.input, .value(value, isTruncated: provenance.isTruncated))
        case .clear:
            guard let failure, failure.cause == .refused, let fingerprint else { return nil }
            return (fingerprint, .refused(failure.reason))
        case .remove: return nil
        }
    }
}

/// The answer of a model to an input.
package enum KnownAnswer: Hashable, Sendable {
    case value(BSONValue, isTruncated: Bool = false)
    case refused(String)
    /// The provider has it under this id, later.
    case deferred(String)
}

extension RoundDocument {
    /// What is to be delivered.
    package var write: Write? {
        if case .settled(let write) = state { return write }
        return nil
    }

    package var change: OutputChange? {
        write.map { OutputChange(key: job.key, action: $0.action, known: known) }
    }

    /// Why it has no output.
    package var failure: Failure? {
        if case .parked(let failure) = done { return failure }
        return nil
    }

    /// It waits until the sink takes something again.
    package var isPending: Bool {
        if case .pending = again { return true }
        return false
    }
}

extension Job {
    /// For another try: the values that an event brought may be old by then.
    package var withoutValues: Job {
        var job = self
        job.change.carried = nil
        return job
    }
}
