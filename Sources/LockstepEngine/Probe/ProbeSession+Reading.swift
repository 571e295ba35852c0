import LockstepCore

extension ProbeSession {
    /// Words of the longest head: more than most models read.
    private static let longest = 16384

    /// Finds where texts are cut; nil when that could not be seen.
    ///
    /// - Parameter areVectors: answers are; a number may depend on the length of a text alone.
    func reading(areVectors: Bool, _ remarks: inout [String]) async -> ProbeFindings.Reading? {
        var search = CutSearch(upTo: Self.longest)
        var refusal: String?
        // What two equal texts differ by, for the arithmetic of large batches.
        var noise = 1e-6
        while let words = search.next {
            let head = ProbeText.head(words)
            let ends = ProbeText.Tail.allCases.map { "\(head) \($0.text)" }
            let texts = areVectors ? ends : [head, ends[0]]
            // The first one twice: once alone is enough to know the noise.
            let asked = words == 8 ? texts + [texts[0]] : texts
            switch await ask(asked, in: .cut) {
            case .answered(let answers, _):
                if answers.count == 3 { noise = max(noise, 3 * (1 - answers[0].likeness(to: answers[2]))) }
                let difference = 1 - answers[0].likeness(to: answers[1])
                search.found(difference > noise ? .readsOn : .isCut)
            case .refused(let reason):
                refusal = reason
                search.found(.isRefused)
            case .ended(let reason):
                if case .whole = search.end { remarks.append("longer texts are not tried: \(reason)") }
                search.stop()
            }
        }
        switch search.end {
        case .unseen:
            remarks.append(
                "its answers do not tell texts apart by their ends: where texts are cut cannot be seen")
            return nil
        case .whole(upTo: 0): return nil
        case .cut(let words): return ProbeFindings.Reading(search.end, tokens: await count(words))
        case .refused:
            if let refusal { remarks.append("it refuses longer texts: \(refusal)") }
            return ProbeFindings.Reading(search.end)
        case .whole: return ProbeFindings.Reading(search.end)
        }
    }

    /// The tokens of a head by the model's own count.
    private func count(_ words: Int) async -> Int? {
        guard case .answered(_, let usage) = await ask([ProbeText.head(words)], in: .cut) else { return nil }
        return usage.tokens
    }
}
