import LockstepCore
import LockstepSinks
import MongoBSON

extension Handler {
    /// What the model says of each input, and of those it has said of before that could not be stored.
    package func predict(_ inputs: [Input]) async -> [Bisection.Outcome] {
        // mechanism kept, off: return await ask(inputs)
        guard !keptPredictions.isEmpty else { return await ask(inputs) }
        var outcomes = inputs.map { input in
            keptPredictions.take(input.fingerprint, of: input.job.key).map {
                Bisection.Outcome.prediction($0)
            }
        }
        let open = outcomes.indices.filter { outcomes[$0] == nil }
        for (place, outcome) in zip(open, await ask(open.map { inputs[$0] })) { outcomes[place] = outcome }
        return outcomes.compactMap { $0 }
    }

    private func ask(_ inputs: [Input]) async -> [Bisection.Outcome] {
        guard !inputs.isEmpty else { return [] }
        let values = inputs.map { $0.values.count == 1 ? $0.values[0] : BSONValue($0.values) }
        let batches = listener.model.limits.batches(sizes: values.map(\.bytes.count))
        // While it is out one input tells whether it works again: another one each time, since one may break it.
        let trial = health.outage == nil ? nil : values.indices.randomElement()
        var bisection = Bisection(count: values.count, batches: batches, trial: trial)
        while let range = bisection.next() {
            do {
                bisection.succeeded(range, try await call(Array(values[range])))
                knownInputs.note(values[range.lowerBound], for: listener)
            } catch ModelError.unavailable(let reason) {
                bisection.unavailable(reason)
            } catch ModelError.retryAfter(let time, let reason) {
                bisection.wait(time, reason)
            } catch is CancellationError {
                bisection.unavailable("it was stopped")
            } catch {
                // Each half is sent again; of a single input it is decided later.
                if range.count > 1 { statistics.add(retries: range.count) }
                bisection.failed(range, String(describing: error))
                // A model that has answered nothing yet, as far as is known, does not work perhaps: no input is to blame.
                // mechanism never-answered, off: !bisection.isProven becomes false
                let isUnproven =
                    !bisection.isProven && (trial != nil || knownInputs.input(for: listener) == nil)
                guard isUnproven || bisection.suspectsOutage else { continue }
                let probes = [provenInput()].compactMap { $0 } + bisection.untried.map { values[$0] }
                if await anyWorks(probes) {
                    bisection.absolve()
                } else {
                    bisection.confirmOutage(String(describing: error))
                }
            }
        }
        // Few inputs that all fail are an outage, too, when one fails that is known to be good.
        if let reason = bisection.unprovenFailure, let proven = provenInput(), await !anyWorks([proven]) {
            bisection.confirmOutage(reason)
        }
        if bisection.works { health.succeeded() }
        return bisection.outcomes.map { $0 ?? .unavailable("no answer") }
    }

    /// The same, where a vector of another length than the listener's others is refused.
    package func checked(_ outcomes: [Bisection.Outcome], _ comparison: ByteComparison) -> [Bisection.Outcome]
    {
        let lengths = outcomes.map { outcome -> Int? in
            guard case .prediction(let value) = outcome else { return nil }
            return listener.model.vectorLength(of: value)
        }
        let given = lengths.compactMap { $0 }
        guard !given.isEmpty else { return outcomes }
        let expected = vectorLengths.expected(of: definition, after: given) {
            let reader = DocumentReader(connection: connection, listener: listener, comparison: comparison)
            // Without an answer in time those that the model gives decide.
            return ((try? reader.someOutputs()) ?? []).compactMap(listener.model.vectorLength(of:))
        }
        guard let expected else { return outcomes }
        return zip(outcomes, lengths).map { outcome, length in
            guard let length, length != expected else { return outcome }
            return .refused(
                "the model gave a vector of length \(length), while the listener's others have \(expected)")
        }
    }

    private var definition: String {
        listener.definition
    }

    /// An input that this version of the model has answered: in this process, or as the documents tell; of another
    /// listener if need be.
    private func provenInput() -> BSONValue? {
        if let known = knownInputs.input(for: listener) { return known }
        let reader = DocumentReader(
            connection: connection, listener: listener,
            comparison: ByteComparison(nil, isCollated: false))
        guard let values = try? reader.example() else { return knownInputs.input(for: listener.model) }
        let input = values.count == 1 ? values[0] : BSONValue(values)
        knownInputs.note(input, for: listener)
        return input
    }

    package func call(_ values: [BSONValue]) async throws -> [Result<BSONValue, InputError>] {
        statistics.called(inputs: values.count)
        let began = ContinuousClock.now
        do {
            let results = try await listener.model.predict(values)
            let time = ContinuousClock.now - began
            statistics.answered(after: time, failed: false)
            pace.called(values.count, took: time)
            health.callSucceeded()
            return results
        } catch {
            statistics.answered(after: .now - began, failed: true)
            if !(error is CancellationError), !Task.isCancelled {
                health.callFailed(outage(String(describing: error)), at: began)
            }
            throw error
        }
    }

    /// Whether the model answers to at least one of these, each alone.
    package func anyWorks(_ probes: [BSONValue]) async -> Bool {
        for probe in probes {
            if let results = try? await call([probe]), results.count == 1 { return true }
        }
        return false
    }

    package func settle(_ input: Input, _ outcome: Bisection.Outcome, into batch: inout WriteBatch) {
        switch outcome {
        case .prediction(let value) where value == input.stored:
            batch.unchanged.append(input.job)
        case .prediction(let value):
            let provenance = Provenance(
                input: input.fingerprint, version: listener.model.version, at: batch.at)
            batch.store(input, value, provenance)
        case .refused(let reason):
            batch.park(input, reason, attempts: input.job.change.attempts + 1)
        case .failed(let reason):
            var job = input.job
            job.change.attempts += 1
            // mechanism attempts, off: job.change.attempts >= Self.maximumAttempts becomes false
            if job.change.attempts >= Self.maximumAttempts {
                batch.park(
                    input, reason, attempts: job.change.attempts, setup: listener.model.setup)
            } else {
                batch.broken.append(job)
            }
        case .unavailable(let reason):
            batch.unavailable.append(input.job)
            batch.unavailableReason = reason
        case .later(let time, let reason):
            batch.unavailable.append(input.job)
            batch.unavailableReason = reason
            batch.retryAfter = time
        }
    }
}
