import MongoBSON

/// What a round does with a document, by what was read of it.
package enum Judgement: Sendable {
    case gone
    case fresh
    /// Parked with this very input, and nothing stands where no output belongs.
    case upheld
    case remove(OutputChange.Absence)
    /// Parked with this very input, and yet something stands where no output belongs.
    case clear(RoundInput)
    /// The listener's filter cannot be evaluated on it, and why.
    case unjudged(RoundInput, String)
    case ask(RoundInput)
}

/// The version, the setup and the overhead that documents are judged by.
package struct JudgementRules: Sendable {
    package let version: String
    package let setup: String?
    /// Bytes that an output takes beside its own: the provenance and the names.
    package let overhead: Int

    package init(version: String, setup: String?, overhead: Int) {
        self.version = version
        self.setup = setup
        self.overhead = overhead
    }

    /// Bytes that MongoDB gives a document.
    private static let room = 16 << 20

    /// What could not be stored for its size could be by now.
    package func hasRoom(_ output: Int?, _ document: Int?) -> Bool {
        guard let output, let document else { return false }
        return document + output + overhead <= Self.room
    }
}

extension RoundDocument {
    /// Decides from the document as it was read; the event is only the reason to read it.
    package mutating func judge(_ rules: JudgementRules, with digest: inout SHA256) {
        guard case .read(let reading) = state else { return }
        isParked = reading.parked != nil
        guard let evidence = reading.evidence else {
            known = reading.orphan
            state = .judged(known == nil ? .gone : .remove(.gone))
            return
        }
        isObstructed = evidence.stored.isObstructed
        known = evidence.stored.provenance
        let fingerprint = evidence.input.map { Fingerprint(of: $0, with: &digest) }
        let judgement = judgement(reading, evidence, fingerprint, rules)
        // What is upheld stays recorded.
        switch judgement {
        case .upheld, .clear: isParked = false
        default: break
        }
        state = .judged(judgement)
    }

    private func judgement(
        _ reading: Reading, _ evidence: Evidence, _ fingerprint: Fingerprint?, _ rules: JudgementRules
    ) -> Judgement {
        let verdict = evidence.verdict(fingerprint: fingerprint, version: rules.version)
        guard let values = evidence.input, let fingerprint else {
            guard verdict == .extra else { return .fresh }
            if let entry = reading.parked, entry.isStuck, entry.input == nil, !isNews { return .upheld }
            return .remove(evidence.isUnmatched ? .unmatched : .noValues)
        }
        // mechanism fresh
        if verdict == .fresh, !job.change.force { return .fresh }
        let input = RoundInput(
            values: values, fingerprint: fingerprint, stored: verdict == .fresh ? reading.output : nil,
            isJudged: evidence.unjudged == nil,
            // What the sink has refused is tried again there: the model has answered.
            isRetry: job.change.retry && reading.parked?.isOfSink != true)
        if let entry = reading.parked, !job.change.retry,
            entry.isUpheld(by: input.parkedFingerprint, version: rules.version, setup: rules.setup),
            !rules.hasRoom(entry.outputBytes, reading.size)
        {
            // mechanism refusal-rest, off: entry.isStuck && !isNews becomes false
            return evidence.stored.isBare || (entry.isStuck && !isNews) ? .upheld : .clear(input)
        }
        return evidence.unjudged.map { .unjudged(input, $0) } ?? .ask(input)
    }

    /// Somebody changed what stands there, or wants it to be tried again.
    private var isNews: Bool {
        job.change.force || job.change.retry
    }
}

extension BSONValue {
    /// True when the server would give it as it stands in the document: it names the elements of an array by their
    /// places, whatever their names are, and the fingerprint is of what it gives.
    package var isAsRead: Bool {
        guard type == .array || type == .document else { return true }
        var place = 0
        return BSONDocument(trusted: bytes).withView { view in
            view.allSatisfy { element in
                defer { place += 1 }
                if type == .array, !element.key.elementsEqual(String(place).utf8) { return false }
                guard element.type == .array || element.type == .document else { return true }
                return BSONValue(copying: element).isAsRead
            }
        }
    }
}
