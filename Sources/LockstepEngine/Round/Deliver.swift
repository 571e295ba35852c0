import LockstepCore
import MongoDriver

/// Delivers what was settled to the sink, and sorts the documents by what became of it.
package struct Deliver {
    package let handler: Handler

    package init(_ handler: Handler) {
        self.handler = handler
    }

    /// - Returns: whether something was delivered, and nothing is pending.
    package func run(_ documents: inout [RoundDocument]) throws -> Bool {
        let obstructed = documents.filter(\.isObstructed).map(\.job.key)
        if !obstructed.isEmpty { try handler.sink.clearObstructions(obstructed) }
        let places = documents.indices.filter { documents[$0].write != nil }
        guard !places.isEmpty else { return false }
        expect(documents)
        var stored = 0
        // What was superseded before is delivered alone, to know which one it is.
        let (alone, together) = (
            places.filter { documents[$0].job.change.superseded != nil },
            places.filter { documents[$0].job.change.superseded == nil }
        )
        var failure: String?
        for group in alone.map({ [$0] }) + (together.isEmpty ? [] : [together]) {
            stored += try deliver(group, &documents, &failure)
        }
        hold(&documents, stored: stored)
        if let failure {
            let due = handler.health.writes.failed(failure)
            for place in places where documents[place].isPending { documents[place].hold(until: due) }
        }
        try clear(&documents)
        return !places.contains { documents[$0].isPending }
    }

    /// Said before it is sent, so that its event cannot come first.
    private func expect(_ documents: [RoundDocument]) {
        guard handler.sink.place != nil else { return }
        handler.ownWrites.expect(
            documents.compactMap { document in
                guard case .store(_, let provenance, _)? = document.write?.action else { return nil }
                return (document.job.key, provenance)
            }, listener: handler.index)
    }

    /// - Returns: how many outputs the sink took.
    private func deliver(
        _ places: [Int], _ documents: inout [RoundDocument], _ failure: inout String?
    ) throws -> Int {
        let changes = places.compactMap { documents[$0].change }
        let delivery = try handler.sink.deliver(changes)
        var (storing, cleared, others, refused) = (0, 0, 0, 0)
        for (position, change) in changes.enumerated() {
            let exception = delivery.exceptions[position]
            if case .refused(let refusal)? = exception {
                refused += 1
                if refusal.verdict == .wait { failure = refusal.reason }
            }
            switch change.action {
            case .store: storing += 1
            // To see that nothing stands beside an input that is refused is no output.
            case .clear: cleared += 1
            case .remove: break
            }
            if case .store = change.action { continue }
            if exception == nil { others += 1 }
        }
        handler.statistics.add(
            written: max(0, delivery.delivered - cleared),
            removed: max(0, delivery.delivered - cleared - storing),
            superseded: changes.count - delivery.delivered - refused)
        count(truncatedBy: changes, delivery)
        let isFiltered = handler.listener.filter != nil
        for (position, place) in places.enumerated() {
            documents[place].delivered(delivery.outcome(at: position), isFiltered: isFiltered)
        }
        return max(0, delivery.delivered - others)
    }

    /// Counts the outputs of cut texts; of changes that nobody knows the fate of, the next count does.
    private func count(truncatedBy changes: [OutputChange], _ delivery: Delivery) {
        var count = 0
        for (place, change) in changes.enumerated() {
            if case .delivered = delivery.outcome(at: place) { count += change.addsTruncated }
        }
        if count != 0 { handler.inputCounts.add(truncated: count, of: handler.listener.definition) }
    }

    /// Parks what a rule of the sink refused, or has it pending when the rule refuses everything.
    private func hold(_ documents: inout [RoundDocument], stored: Int) {
        let byRule = documents.indices.filter { documents[$0].isRefusedByRule }
        let reasons = byRule.compactMap { documents[$0].failure?.reason }
        let (decision, due) = handler.health.writes.count(
            stored: stored, refused: reasons, at: currentMilliseconds())
        for place in byRule.dropFirst(decision.parked) { documents[place].hold(until: due) }
    }

    /// An output that is not taken leaves none of an earlier input behind, if that can be removed.
    private func clear(_ documents: inout [RoundDocument]) throws {
        let places = documents.indices.filter { documents[$0].clearing != nil }
        guard !places.isEmpty else { return }
        let delivery = try handler.sink.deliver(places.compactMap { documents[$0].clearing })
        for (position, place) in places.enumerated() {
            guard case .refused(let refusal)? = delivery.exceptions[position] else { continue }
            documents[place].clearingRefused(refusal.verdict)
        }
    }
}
