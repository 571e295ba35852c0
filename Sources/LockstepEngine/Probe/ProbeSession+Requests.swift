import LockstepCore

extension ProbeSession {
    /// Inputs of the largest request: more than most services take.
    private static let mostInputs = 4096

    /// Finds how many inputs one request takes.
    func inputs(_ remarks: inout [String]) async -> ProbeFindings.Size? {
        var search = SizeSearch(from: 16, upTo: Self.mostInputs)
        return await size(&search, in: .inputs, &remarks) { count in
            (0..<count).map { ProbeText.text($0, words: 2) }
        }
    }

    /// Finds how many tokens one request takes, with texts that are read whole.
    func tokens(
        _ findings: ProbeFindings, _ remarks: inout [String]
    ) async -> ProbeFindings.Size? {
        let words = findings.longestText
        let one = Self.estimate([ProbeText.text(0, words: words)])
        let most = min(
            findings.inputs?.taken ?? 1, left(in: .tokens) / max(1, spending.tokens(estimate: one)))
        guard most > 1 else { return nil }
        var search = SizeSearch(from: 2, upTo: most, grain: 1.0 / 16)
        let size = await size(&search, in: .tokens, &remarks) { count in
            (0..<count).map { ProbeText.text($0, words: words) }
        }
        return size.map {
            ProbeFindings.Size(taken: spending.tokens(estimate: $0.taken * one), refusal: $0.refusal)
        }
    }

    private func size(
        _ search: inout SizeSearch, in step: ProbeStep, _ remarks: inout [String],
        _ texts: (Int) -> [String]
    ) async -> ProbeFindings.Size? {
        var refusal: String?
        while let count = search.next {
            switch await ask(texts(count), in: step) {
            case .answered: search.found(isTaken: true)
            case .refused(let reason):
                refusal = reason
                search.found(isTaken: false)
            case .ended(let reason):
                remarks.append("\(step.text), beyond \(search.taken) inputs: \(reason)")
                search.stop()
            }
        }
        guard search.taken > 0 else { return nil }
        return ProbeFindings.Size(taken: search.taken, refusal: search.isLimit ? refusal : nil)
    }
}

extension ProbeFindings {
    /// Words of a text that is long, and read whole as far as is known.
    fileprivate var longestText: Int {
        switch reading?.end {
        case .cut(let words): max(8, min(512, words * 3 / 4))
        case .refused(let words), .whole(upTo: let words): max(8, min(512, words / 2))
        case .unseen, nil: 128
        }
    }
}
