import LockstepCore

/// Asks a model to find out what it is like: a bounded number of built-in texts, and no document's data.
package struct ModelProbe: Sendable {
    private let model: any Provider
    private let input: ProbeInput
    private let budget: ProbeBudget
    private let began: @Sendable (ProbeStep) -> Void

    /// - Parameter began: is told of each step.
    package init(
        _ model: any Provider, input: ProbeInput = ProbeInput(), budget: ProbeBudget = ProbeBudget(),
        began: @escaping @Sendable (ProbeStep) -> Void = { _ in }
    ) {
        self.model = model
        self.input = input
        self.budget = budget
        self.began = began
    }

    /// - Throws: ``ModelError`` when it answers not even a single text.
    package func run() async throws -> ProbeFindings {
        // A model may block the thread that asks it.
        try await withTaskExecutorPreference(BlockingThreads(name: "lockstep-probe")) { try await ask() }
    }

    private func ask() async throws -> ProbeFindings {
        // A model is loaded first, which may take long.
        let first = try await firstAnswer()
        let session = ProbeSession(model, input, budget)
        var findings = ProbeFindings(model: model.name, kind: Self.kind(of: first))
        began(.neighbours)
        findings.neighbours = await session.neighbours(&findings.remarks)
        try Task.checkCancellation()
        if findings.answersInWords(model) {
            findings.remarks.append(
                "what it says is no vector: where texts are cut, and how large a request may be, is not tried"
            )
        } else {
            began(.cut)
            findings.reading = await session.reading(
                areVectors: findings.dimensions != nil, &findings.remarks)
            began(.inputs)
            findings.inputs = await session.inputs(&findings.remarks)
            began(.tokens)
            findings.tokens = await session.tokens(findings, &findings.remarks)
        }
        try Task.checkCancellation()
        began(.throughput)
        let ramp = await session.throughput(&findings.remarks)
        (findings.throughput, findings.concurrency) = (ramp.steps, ramp.best)
        if case .vector = findings.kind, session.lengths.count > 1 { findings.kind = .vectors }
        findings.norms = session.norms
        findings.spending = session.spending
        findings.bytesPerToken = session.bytesPerToken
        return findings
    }

    private func firstAnswer() async throws -> (answer: ProbeAnswer, type: String) {
        var pauses = 0
        while true {
            switch await ProbeReply.asking(model, [ProbeText.text(0, words: 8)], input) {
            case .answered(let answers, let types, _): return (answers[0], types[0])
            case .out(let reason): throw ModelError.unavailable(reason)
            case .refused(let reason):
                throw ModelError.failed(
                    "it refuses a plain text, so that there is nothing to find out: \(reason)")
            case .wait(let time, let reason):
                let pause = time ?? .seconds(1)
                pauses += 1
                guard pauses <= 5, pause < budget.time else { throw ModelError.retryAfter(pause, reason) }
                try await Task.sleep(for: pause)
            }
        }
    }

    private static func kind(of first: (answer: ProbeAnswer, type: String)) -> ProbeFindings.Kind {
        first.answer.vector.map { .vector(dimensions: $0.count) } ?? .other(first.type)
    }
}

extension ProbeFindings {
    /// A model of texts whose answers are no vectors: each is made at length, and may have a price.
    fileprivate func answersInWords(_ model: any Provider) -> Bool {
        guard case .other(let type) = kind else { return false }
        return model.takesTexts || type == "string"
    }
}
