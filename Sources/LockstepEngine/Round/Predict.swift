import LockstepCore

/// Predicts what the documents lack: from what the model has said before, or by asking it.
package struct Predict {
    package let handler: Handler

    package init(_ handler: Handler) {
        self.handler = handler
    }

    /// - Returns: how many inputs the model was asked, and how long that took.
    package func run(_ documents: inout [RoundDocument]) async throws -> (inputs: Int, time: Duration) {
        let began = ContinuousClock.now
        var questions = questions(&documents)
        var lookup: ModelMemo.Lookup?
        defer { if let lookup { handler.memo?.release(lookup) } }
        if let memo = handler.memo, !questions.isEmpty {
            let found = try memo.look(up: questions)
            lookup = found
            for (question, outcome) in found.known { answer(question, outcome, &documents) }
            questions = found.open
        }
        if !questions.isEmpty {
            var inquiry = Inquiry(handler, questions)
            for (question, outcome) in zip(questions, await inquiry.run()) {
                answer(question, outcome, &documents)
            }
        }
        check(&documents)
        return (questions.count, .now - began)
    }

    /// Takes what was kept of earlier rounds.
    ///
    /// - Returns: what is not known, equal inputs once where the model answers them alike.
    private func questions(_ documents: inout [RoundDocument]) -> [Question] {
        var questions = Questions(areEqualOne: handler.listener.model.hasEqualAnswers)
        // mechanism kept, off: handler.keptPredictions.isEmpty becomes true
        let hasKept = !handler.keptPredictions.isEmpty
        for place in documents.indices {
            guard case .judged(.ask(let input)) = documents[place].state else { continue }
            switch hasKept ? kept(input, documents[place].job) : nil {
            case .value(let value, let isTruncated):
                documents[place].state = .predicted(input, .prediction(value, isTruncated: isTruncated))
            case .refused(let reason): documents[place].state = .predicted(input, .refused(reason))
            case .deferred(let id): questions.add(input, at: place, id: id)
            case nil: questions.add(input, at: place)
            }
        }
        return questions.all
    }

    /// What the model has said of the input before, where that was not stored. Who asks for a refused one to be tried
    /// again wants the model to be asked.
    private func kept(_ input: RoundInput, _ job: Job) -> KnownAnswer? {
        let known = handler.keptPredictions.take(input.fingerprint, of: job.key)
        if case .refused = known, job.change.retry { return nil }
        return known
    }

    /// Gives the documents of a question its outcome.
    private func answer(
        _ question: Question, _ outcome: Bisection.Outcome, _ documents: inout [RoundDocument]
    ) {
        func answer(_ place: Int) {
            guard case .judged(.ask(let input)) = documents[place].state else { return }
            documents[place].state = .predicted(input, outcome)
            if let id = outcome.deferredID(before: question.id) {
                handler.keptPredictions.keep(
                    .deferred(id), for: input.fingerprint, of: documents[place].job.key)
            }
        }
        answer(question.place)
        for place in question.others { answer(place) }
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
