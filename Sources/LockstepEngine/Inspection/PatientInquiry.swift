import LockstepCore
import MongoBSON

/// Asks a model outside of rounds, as patiently as they do: calls are cut to what the model takes, those that fail are
/// halved, and a model that asks to wait is waited for.
struct PatientInquiry {
    let model: any Provider
    /// It has answered something.
    private var hasAnswered = false

    /// Without any answer, so long is waited for one.
    private static let patience = Duration.seconds(300)

    init(model: any Provider) {
        self.model = model
    }

    /// An answer to each input; nil where the model refuses it, or breaks on it alone.
    ///
    /// - Throws: ``ModelError`` when the model does not work.
    mutating func ask(_ values: [BSONValue]) async throws -> [BSONValue?] {
        var answers = [BSONValue?](repeating: nil, count: values.count)
        var deferred: [Int: String] = [:]
        var left = Array(values.indices)
        var until = ContinuousClock.now + Self.patience
        while true {
            var later: [Int] = []
            var (pause, reason) = (Duration.zero, "it has no answer yet")
            let outcomes = try await outcomes(of: left.map { values[$0] }, left.map { deferred[$0] })
            for (place, outcome) in zip(left, outcomes) {
                deferred[place] = outcome.deferredID(before: deferred[place])
                switch outcome {
                case .prediction(let value, _): answers[place] = value
                case .refused, .failed: break
                case .unavailable(let reason): throw ModelError.unavailable(reason)
                case .wait(let time, let why):
                    (pause, reason) = (max(pause, time), why)
                    later.append(place)
                case .later(let time), .deferred(_, let time):
                    pause = max(pause, time ?? .seconds(1))
                    later.append(place)
                case .held: later.append(place)
                }
            }
            guard !later.isEmpty else { return answers }
            if later.count < left.count { until = .now + Self.patience }
            guard ContinuousClock.now + pause <= until else { throw ModelError.retryAfter(pause, reason) }
            try await Task.sleep(for: max(pause, .milliseconds(10)))
            left = later
        }
    }

    /// - Parameter ids: under which the model has some of them.
    private mutating func outcomes(
        of values: [BSONValue], _ ids: [String?]
    ) async throws -> [Bisection.Outcome] {
        let model = model
        func batches(_ range: Range<Int>) -> [Range<Int>] {
            model.limits.batches(sizes: values[range].map(\.bytes.count)).map {
                range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound
            }
        }
        var bisection = Bisection(count: values.count, batches: batches(values.indices))
        while let range = bisection.next() {
            do {
                var deferred: [Int: String] = [:]
                for place in range { deferred[place - range.lowerBound] = ids[place] }
                let reply = try await model.ask(ProviderBatch(Array(values[range]), deferred: deferred))
                guard reply.answers.count == range.count else {
                    throw ModelError.failed(
                        "the model answered \(reply.answers.count) predictions to \(range.count) inputs")
                }
                bisection.succeeded(range, reply.answers, truncated: reply.usage.truncated)
                hasAnswered = true
            } catch ModelError.unavailable(let reason) {
                bisection.unavailable(reason)
            } catch ModelError.retryAfter(let time, let reason) {
                bisection.wait(time, reason)
            } catch ModelError.tooLarge where range.count > 1 {
                bisection.tooLarge(range, batches: batches)
            } catch let error as CancellationError {
                throw error
            } catch {
                bisection.failed(range, String(describing: error))
                if bisection.suspectsOutage { throw error }
            }
        }
        // Every one of these was answered once.
        if !hasAnswered, let reason = bisection.unprovenFailure { throw ModelError.failed(reason) }
        return bisection.outcomes.map { $0 ?? .later(nil) }
    }
}
