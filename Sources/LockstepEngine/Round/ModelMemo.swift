import LockstepCore
import LockstepState
import MongoDriver

/// The memo of one listener's model.
package struct ModelMemo: Sendable {
    private let memo: Memo
    private let source: MemoEntry.Source

    /// Nil where the model is to be asked each time.
    package init?(_ memo: Memo, _ model: any Provider) {
        // What batch jobs have answered is there, too.
        guard model.terms.hasMemo || model.terms.batch != nil else { return nil }
        self.memo = memo
        source = MemoEntry.Source(model)
    }

    /// The inputs that are to be asked now, and what is known of the others.
    package struct Lookup {
        package var open: [Question] = []
        package var known: [(question: Question, outcome: Bisection.Outcome)] = []
        fileprivate var claimed: Set<MemoEntry.ID> = []
    }

    /// How long an input waits that another round asks.
    private static let pause = Duration.milliseconds(200)

    func look(up questions: [Question]) throws -> Lookup {
        var lookup = Lookup()
        let ids = questions.map { source.id(of: $0.input.fingerprint) }
        // First: what is released after it was looked up would be asked again.
        // mechanism memo-claim, off: memo.claim(ids) becomes Set(ids)
        lookup.claimed = memo.claim(ids)
        let found: [MemoEntry.ID: MemoEntry]
        do {
            found = try memo.entries(
                zip(ids, questions).filter { lookup.claimed.contains($0) && !$1.isRetry }.map(\.0))
        } catch {
            release(lookup)
            throw error
        }
        for (id, question) in zip(ids, questions) {
            // mechanism memo, off: found[id] becomes MemoEntry?.none
            let entry = found[id]
            if let entry {
                lookup.known.append((question, .prediction(entry.output, isTruncated: entry.isTruncated)))
            } else if lookup.claimed.contains(id) {
                lookup.open.append(question)
            } else {
                lookup.known.append((question, .later(Self.pause)))
            }
        }
        return lookup
    }

    func release(_ lookup: Lookup) {
        memo.release(lookup.claimed)
    }

    /// Stores what the model has answered.
    func keep(_ reply: ProviderReply, to inputs: ArraySlice<Fingerprint>) {
        let now = currentMilliseconds()
        memo.keep(
            zip(inputs, reply.answers).enumerated().compactMap { place, pair in
                guard case .value(let output) = pair.1 else { return nil }
                return MemoEntry(
                    source, pair.0, output: output, isTruncated: reply.usage.truncated.contains(place),
                    at: now)
            })
    }
}
