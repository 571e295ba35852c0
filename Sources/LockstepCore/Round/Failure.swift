/// Why a document has no output, from where it is decided to where it is recorded.
package struct Failure: Hashable, Sendable {
    package enum Cause: Hashable, Sendable {
        /// The model refuses the input.
        case refused
        /// The model broke on the input alone.
        case broken
        /// The listener's filter cannot be evaluated on the document.
        case unjudged
        /// The sink does not take the output.
        case sink
    }

    package let cause: Cause
    package var reason: String
    package let attempts: Int
    /// The input that failed; nil when any change of the document makes it news.
    package let input: Fingerprint?
    /// What the model ran with when the input broke it: tried again under another one. Nil when it was refused.
    package var setup: String?
    /// The sink's code, when a rule refused the output: retried when the rules are others.
    package var rule: Int?
    /// The rule may refuse the outputs of all documents.
    package var mayConcernAll = false
    /// The output's size, when there was no room for it.
    package var outputBytes: Int?
    /// An output stands there that can be neither replaced nor removed.
    package var isStuck = false

    package init(_ cause: Cause, _ reason: String, attempts: Int, input: Fingerprint?, setup: String? = nil) {
        self.cause = cause
        self.reason = reason
        self.attempts = attempts
        self.input = input
        self.setup = setup
    }
}

/// What a parked document failed with, as it is recorded.
package struct ParkedEntry: Hashable, Sendable {
    package var input: Fingerprint?
    package var version: String
    package var outputBytes: Int?
    /// A person wants it tried again.
    package var retry = false
    package var isStuck = false
    package var setup: String?
    /// The model has answered, and the sink did not take it.
    package var isOfSink: Bool

    package init(
        input: Fingerprint? = nil, version: String, outputBytes: Int? = nil, retry: Bool = false,
        isStuck: Bool = false, setup: String? = nil, isOfSink: Bool = false
    ) {
        self.input = input
        self.version = version
        self.outputBytes = outputBytes
        self.retry = retry
        self.isStuck = isStuck
        self.setup = setup
        self.isOfSink = isOfSink
    }

    /// Whether the document stays parked while its input is this one: nothing of what it failed with has changed.
    package func isUpheld(by input: Fingerprint?, version: String, setup: String?) -> Bool {
        // mechanism setup, off: (self.setup == nil || self.setup == setup) becomes true
        self.input == input && self.version == version && (self.setup == nil || self.setup == setup)
    }
}
