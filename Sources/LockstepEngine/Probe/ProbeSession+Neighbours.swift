import LockstepCore

extension ProbeSession {
    /// Words of the texts, of which none are in order, neither here nor as they are shuffled.
    private static let words = [30, 3, 120, 8, 60, 5, 200, 13]
    private static let shuffled = [5, 2, 7, 0, 6, 3, 1, 4]

    /// Asks for texts of different lengths one by one, together, and together in another order.
    func neighbours(_ remarks: inout [String]) async -> NeighbourVerdict {
        let texts = Self.words.enumerated().map { ProbeText.text($0, words: $1) }
        var alone: [ProbeAnswer] = []
        for text in texts + [texts[0]] {
            guard let answers = await answers([text], &remarks) else { return NeighbourVerdict() }
            alone += answers
        }
        guard model.limits.count > 1 else {
            remarks.append("each input is asked in a request of its own, so that it has no neighbours")
            return NeighbourVerdict()
        }
        var batches: [NeighbourTrial.Batch] = []
        for order in [Array(texts.indices), Self.shuffled].map({ Array($0.prefix(model.limits.count)) }) {
            guard let answers = await answers(order.map { texts[$0] }, &remarks) else { break }
            batches.append(NeighbourTrial.Batch(order: order, answers: answers))
        }
        guard !batches.isEmpty, let again = alone.popLast() else { return NeighbourVerdict() }
        let verdict = NeighbourTrial(alone: alone, again: again, batches: batches).verdict
        if let remark = verdict.remark { remarks.append(remark) }
        return verdict
    }

    private func answers(_ texts: [String], _ remarks: inout [String]) async -> [ProbeAnswer]? {
        switch await ask(texts, in: .neighbours) {
        case .answered(let answers, _): return answers
        case .refused(let reason):
            let what = texts.count == 1 ? "one of the texts" : "\(texts.count) texts in one request"
            remarks.append("it refuses \(what): \(reason)")
            return nil
        case .ended(let reason):
            remarks.append("\(ProbeStep.neighbours.text): \(reason)")
            return nil
        }
    }
}
