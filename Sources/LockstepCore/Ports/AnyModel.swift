import MongoBSON
import Synchronization

/// A provider made of a model: its types forgotten, from stored values to values to store.
package struct AnyModel: Provider {
    package let name: String
    package let version: String
    package let limits: BatchLimits
    package let setup: String?
    package let account: AccountID
    package let vectors: VectorCheck
    package let terms: ModelTerms
    private let call: @Sendable ([BSONValue]) async throws -> [Answer]

    package init<M: Model>(_ model: M, setup: String? = nil, terms: ModelTerms = ModelTerms()) {
        name = model.name
        version = model.version
        limits = model.limits
        vectors = VectorCheck(arraysAreVectors: model.vectors == .array)
        self.setup = setup
        self.terms = terms
        account = AccountID(of: model)
        call = { values in try await predictStored(values, with: model) }
    }

    package func ask(_ batch: ProviderBatch) async throws -> ProviderReply {
        ProviderReply(try await call(batch.inputs))
    }
}

extension AccountID {
    /// One object is one program. A value has no identity: equal ones may do different things.
    fileprivate init<M: Model>(of model: M) {
        let identity =
            M.self is AnyClass
            ? "\(ObjectIdentifier(model as AnyObject))"
            : "value \(valuesMade.add(1, ordering: .relaxed).newValue)"
        self.init("\(model.name) \(identity)")
    }
}

/// The providers made of values so far.
private let valuesMade = Atomic(0)

private func predictStored<M: Model>(_ values: [BSONValue], with model: M) async throws -> [Answer] {
    var answers = [Answer](repeating: .value(.null), count: values.count)
    var inputs = [M.Input]()
    var places = [Int]()
    inputs.reserveCapacity(values.count)
    places.reserveCapacity(values.count)
    for (place, value) in values.enumerated() {
        do throws(InputError) {
            inputs.append(try M.Input(input: value))
            places.append(place)
        } catch {
            answers[place] = .refused(error.reason)
        }
    }
    guard !inputs.isEmpty else { return answers }
    let predictions = try await model.predict(inputs)
    guard predictions.count == inputs.count else {
        throw ModelError.failed(
            "the model answered \(predictions.count) predictions to \(inputs.count) inputs")
    }
    for (place, prediction) in zip(places, predictions) {
        answers[place] = stored(prediction.output, as: model.vectors)
    }
    return answers
}

private func stored(_ output: Result<BSONValue, InputError>, as format: VectorFormat) -> Answer {
    switch output {
    case .failure(let error): return .refused(error.reason)
    case .success(let value):
        if let problem = VectorCheck(arraysAreVectors: format == .array).problem(value) {
            return .refused(problem)
        }
        guard format == .array, value.type == .binary, let numbers = value.floats else {
            return .value(value)
        }
        return .value(BSONValue(numbers.map { BSONValue(Double($0)) }))
    }
}
