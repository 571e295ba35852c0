import MongoBSON

/// What a model gives: stored beside the data.
public protocol ModelOutput: Sendable {
    /// The value to store, or why there is none for this input.
    var output: Result<BSONValue, InputError> { get }
    /// The value of an array of these; vectors of floats have a form of their own.
    static func output(of array: [Self]) -> Result<BSONValue, InputError>
}

extension ModelOutput {
    public static func output(of array: [Self]) -> Result<BSONValue, InputError> {
        var values = [BSONValue]()
        values.reserveCapacity(array.count)
        for element in array {
            switch element.output {
            case .success(let value): values.append(value)
            case .failure(let error): return .failure(error)
            }
        }
        return .success(BSONValue(values))
    }
}

extension String: ModelOutput {
    public var output: Result<BSONValue, InputError> { .success(BSONValue(self)) }
}

extension Int: ModelOutput {
    public var output: Result<BSONValue, InputError> { .success(BSONValue(self)) }
}

extension Double: ModelOutput {
    public var output: Result<BSONValue, InputError> { .success(BSONValue(self)) }
}

extension Float: ModelOutput {
    public var output: Result<BSONValue, InputError> { .success(BSONValue(Double(self))) }

    public static func output(of array: [Float]) -> Result<BSONValue, InputError> {
        .success(BSONValue(vector: array))
    }
}

extension Bool: ModelOutput {
    public var output: Result<BSONValue, InputError> { .success(BSONValue(self)) }
}

extension BSONValue: ModelOutput {
    public var output: Result<BSONValue, InputError> { .success(self) }
}

extension BSONDocument: ModelOutput {
    public var output: Result<BSONValue, InputError> { .success(BSONValue(self)) }
}

extension Array: ModelOutput where Element: ModelOutput {
    public var output: Result<BSONValue, InputError> { Element.output(of: self) }
}

extension Optional: ModelOutput where Wrapped: ModelOutput {
    public var output: Result<BSONValue, InputError> { self?.output ?? .success(.null) }
}

extension Result: ModelOutput where Success: ModelOutput, Failure == InputError {
    public var output: Result<BSONValue, InputError> { flatMap(\.output) }
}
