import MongoBSON

/// Where the outputs of one listener live.
///
/// What it cannot do at the moment it throws as ``SinkError``; any other error counts as one, and is tried again, too.
package protocol Sink: Sendable {
    /// How far a delivery is kept from standing beside another input.
    var guardStrength: GuardStrength { get }
    /// The fields of the document itself that it writes; nil when the outputs live elsewhere. Of a document's own fields
    /// the evidence comes with the query that reads the inputs, and its writes come back in the change stream.
    var place: OutputPlace? { get }

    // MARK: Evidence

    /// Adds what it needs of each document to a query, with names that end in `number`.
    func project(_ projection: inout BSONBuilder, as number: Int, withOutput: Bool)
    /// What the answer to such a query says.
    func evidence(in document: BSONView, as number: Int, withOutput: Bool) -> OutputEvidence
    /// What is known of outputs that live elsewhere, the outputs with it; those without one may be left out.
    func evidence(of keys: [DocumentKey]) throws -> [DocumentKey: OutputEvidence]
    /// The outputs of these documents, of those that have one.
    func outputs(of keys: [DocumentKey]) throws -> [DocumentKey: BSONValue]
    /// Some outputs of a version of the model; none when none is found soon.
    func examples(of version: String) throws -> [StoredOutput]

    // MARK: Delivery

    /// Stores, removes and clears; what is delivered twice is as if it were delivered once.
    ///
    /// - Throws: when nothing is known of any of them.
    func deliver(_ changes: [OutputChange]) throws -> Delivery

    // MARK: Repair

    /// Removes what stands where outputs belong and is none.
    func clearObstructions(_ keys: [DocumentKey]) throws
    /// Takes the provenance away, so that a scan finds the outputs stale.
    ///
    /// - Returns: those whose provenance cannot be taken away.
    func disown(_ keys: [DocumentKey]) throws -> Set<DocumentKey>
    /// Lends the documents with outputs that live elsewhere, a page at a time: some may be gone.
    func forEachPage(_ body: ([DocumentKey]) throws -> Void) throws
}

/// How strong the guard of a sink is.
package enum GuardStrength: Sendable {
    /// The output is in the document, and its update names the input: it never stands beside another one.
    case input
    /// Compare-and-set on the provenance that was read: what stands beside another input is replaced when its event comes.
    case provenance
}

/// An output with the document it is of.
package struct StoredOutput: Sendable {
    package let key: DocumentKey
    package let output: BSONValue
    package let provenance: Provenance

    package init(key: DocumentKey, output: BSONValue, provenance: Provenance) {
        self.key = key
        self.output = output
        self.provenance = provenance
    }
}

/// What is to be delivered for one document.
package struct OutputChange: Sendable {
    package enum Action: Sendable {
        case store(BSONValue, Provenance, input: [BSONValue])
        /// There is no input any more.
        case remove(Absence)
        /// This input is parked: an output of an earlier one must not stand beside it.
        ///
        /// `isJudged`: it is known that the listener's filter matches; it is asked again.
        case clear(input: [BSONValue], isJudged: Bool)
    }

    /// Why there is no input.
    package enum Absence: Sendable {
        /// All keys are missing or null.
        case noValues
        /// The listener's filter does not match.
        case unmatched
        /// The document is gone.
        case gone
    }

    package let key: DocumentKey
    package let action: Action
    /// What was read, for a sink that compares.
    package var known: Provenance?

    package init(key: DocumentKey, action: Action, known: Provenance? = nil) {
        self.key = key
        self.action = action
        self.known = known
    }

    /// How many outputs of cut texts there are more with it.
    package var addsTruncated: Int {
        var count = known?.isTruncated == true ? -1 : 0
        if case .store(_, let provenance, _) = action, provenance.isTruncated { count += 1 }
        return count
    }
}

/// What became of changes that were delivered together.
package struct Delivery: Sendable {
    package enum Outcome: Sendable {
        case delivered
        /// The document was changed meanwhile.
        case superseded
        /// It, or one of the others, was superseded.
        case undecided
        case refused(SinkRefusal)
    }

    /// How many were delivered.
    package var delivered = 0
    /// Of those that stand for themselves, by their places.
    package var exceptions: [Int: Outcome] = [:]
    /// Fewer were delivered than the exceptions tell, and nobody knows which.
    package var isUndecided = false

    package init(delivered: Int = 0, exceptions: [Int: Outcome] = [:], isUndecided: Bool = false) {
        self.delivered = delivered
        self.exceptions = exceptions
        self.isUndecided = isUndecided
    }

    package func outcome(at place: Int) -> Outcome {
        exceptions[place] ?? (isUndecided ? .undecided : .delivered)
    }
}

/// Why a sink does not take a change.
package struct SinkRefusal: Sendable {
    package let verdict: WriteVerdict
    /// What is recorded, with what to do.
    package let reason: String
    /// The code of the rule that refuses it, when it is one.
    package var rule: Int?
    /// There is no room for the output.
    package var isAboutSize = false
    /// The request itself may be what is wrong, as a filter that cannot be evaluated.
    package var isAboutRequest = false

    package init(
        verdict: WriteVerdict, reason: String, rule: Int? = nil, isAboutSize: Bool = false,
        isAboutRequest: Bool = false
    ) {
        self.verdict = verdict
        self.reason = reason
        self.rule = rule
        self.isAboutSize = isAboutSize
        self.isAboutRequest = isAboutRequest
    }
}

/// A place for outputs elsewhere than in their documents; it has a sink for each listener.
package protocol OutputStore: Sendable {
    /// - Parameter listener: its id.
    func sink(of listener: String) -> any Sink
}

/// What a sink in the document does not have to say.
extension Sink {
    package func evidence(of keys: [DocumentKey]) throws -> [DocumentKey: OutputEvidence] { [:] }
    package func forEachPage(_ body: ([DocumentKey]) throws -> Void) throws {}
}

/// What a sink elsewhere does not have to say.
extension Sink {
    package func project(_ projection: inout BSONBuilder, as number: Int, withOutput: Bool) {}
    package func evidence(in document: BSONView, as number: Int, withOutput: Bool) -> OutputEvidence {
        OutputEvidence()
    }
    package func clearObstructions(_ keys: [DocumentKey]) throws {}
}
