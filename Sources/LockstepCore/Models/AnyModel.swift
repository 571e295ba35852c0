import MongoBSON

/// A model with its types forgotten: from stored values to values to store.
package struct AnyModel: Sendable {
    package let name: String
    package let version: String
    package let limits: BatchLimits
    /// What the model runs with, as a hash: under another one, inputs that broke it are tried again. Nil when nobody knows.
    package let setup: String?
    private let check: VectorCheck
    private let call: @Sendable ([BSONValue]) async throws -> [Result<BSONValue, InputError>]

    package init(_ model: some Model, setup: String? = nil) {
        name = model.name
        version = model.version
        limits = model.limits
        check = VectorCheck(arraysAreVectors: model.vectors == .array)
        self.setup = setup
        call = { values in try await predictStored(values, with: model) }
    }

    /// One result for each value, in their order.
    package func predict(_ values: [BSONValue]) async throws -> [Result<BSONValue, InputError>] {
        try await call(values)
    }

    /// The number of elements of an answer that is a vector.
    package func vectorLength(of answer: BSONValue) -> Int? {
        check.vector(answer)?.count
    }
}

private func predictStored<M: Model>(
    _ values: [BSONValue], with model: M
) async throws -> [Result<BSONValue, InputError>] {
    var results = [Result<BSONValue, InputError>](repeating: .success(.null), count: values.count)
    var inputs = [M.Input]()
    var places = [Int]()
    inputs.reserveCapacity(values.count)
    places.reserveCapacity(values.count)
    for (place, value) in values.enumerated() {
        do throws(InputError) {
            inputs.append(try M.Input(input: value))
            places.append(place)
        } catch {
            results[place] = .failure(error)
        }
    }
    guard !inputs.isEmpty else { return results }
    let predictions = try await model.predict(inputs)
    guard predictions.count == inputs.count else {
        throw ModelError.failed(
            "the model answered \(predictions.count) predictions to \(inputs.count) inputs")
    }
    for (place, prediction) in zip(places, predictions) {
        results[place] = prediction.output.flatMap { stored($0, as: model.vectors) }
    }
    return results
}

private func stored(_ value: BSONValue, as format: VectorFormat) -> Result<BSONValue, InputError> {
    if let problem = VectorCheck(arraysAreVectors: format == .array).problem(value) {
        return .failure(InputError(problem))
    }
    guard format == .array, value.type == .binary, let numbers = value.floats else { return .success(value) }
    return .success(BSONValue(numbers.map { BSONValue(Double($0)) }))
}
