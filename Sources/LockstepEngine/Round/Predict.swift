import LockstepCore

/// Predicts what the documents lack: from what was kept of earlier rounds, or by asking the model.
package struct Predict {
    package let handler: Handler

    package init(_ handler: Handler) {
        self.handler = handler
    }

    /// - Returns: how many inputs there were, and how long the model took.
    package func run(_ documents: inout [RoundDocument]) async -> (inputs: Int, time: Duration) {
        let began = ContinuousClock.now
        var open: [Question] = []
        var inputs = 0
        // mechanism kept, off: handler.keptPredictions.isEmpty becomes true
        let hasKept = !handler.keptPredictions.isEmpty
        for place in documents.indices {
            guard case .judged(.ask(let input)) = documents[place].state else { continue }
            inputs += 1
            switch hasKept ? known(input, documents[place].job) : nil {
            case .value(let value, let isTruncated):
                documents[place].state = .predicted(input, .prediction(value, isTruncated: isTruncated))
            case .refused(let reason): documents[place].state = .predicted(input, .refused(reason))
            case .deferred(let id): open.append(Question(place: place, input: input, id: id))
            case nil: open.append(Question(place: place, input: input))
            }
        }
        if !open.isEmpty {
            var inquiry = Inquiry(handler, open)
            for (question, outcome) in zip(open, await inquiry.run()) {
                documents[question.place].state = .predicted(question.input, outcome)
                if let id = outcome.deferredID(before: question.id) {
                    handler.keptPredictions.keep(
                        .deferred(id), for: question.input.fingerprint, of: documents[question.place].job.key)
                }
            }
        }
        check(&documents)
        return (inputs, .now - began)
    }

    /// One input that is to be asked.
    package struct Question {
        /// Of its document in the round.
        package let place: Int
        package let input: RoundInput
        /// Under which the provider has deferred it before.
        package var id: String?
    }

    /// What the model has said of the input before, where that was not stored. Who asks for a refused one to be tried
    /// again wants the model to be asked.
    private func known(_ input: RoundInput, _ job: Job) -> KnownAnswer? {
        let known = handler.keptPredictions.take(input.fingerprint, of: job.key)
        if case .refused = known, job.change.retry { return nil }
        return known
    }

    /// A vector of another length than the listener's others is refused.
    private func check(_ documents: inout [RoundDocument]) {
        let model = handler.listener.model
        let given = documents.compactMap { document -> Int? in
            guard case .predicted(_, .prediction(let value, _)) = document.state else { return nil }
            return model.vectorLength(of: value)
        }
        guard !given.isEmpty else { return }
        let expected = handler.vectorLengths.expected(of: handler.listener.definition, after: given) {
            // Without an answer in time those that the model gives decide.
            ((try? handler.sink.examples(of: model.version)) ?? [])
                .compactMap { model.vectorLength(of: $0.output) }
        }
        guard let expected else { return }
        for place in documents.indices {
            guard case .predicted(let input, .prediction(let value, _)) = documents[place].state,
                let length = model.vectorLength(of: value), length != expected
            else { continue }
            documents[place].state = .predicted(
                input,
                .refused(
                    "the model gave a vector of length \(length), while the listener's others have \(expected)"
                ))
        }
    }
}
