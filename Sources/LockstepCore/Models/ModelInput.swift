import MongoBSON

/// What a model takes: made from the value of a document's key.
public protocol ModelInput: Sendable {
    /// - Throws: ``InputError`` when the value is of another type; the document is then parked with that reason.
    init(input value: BSONValue) throws(InputError)
    /// An array of these; vectors of floats have a form of their own.
    static func inputs(of value: BSONValue) throws(InputError) -> [Self]
}

extension ModelInput {
    public static func inputs(of value: BSONValue) throws(InputError) -> [Self] {
        guard let values = value.array else { throw .expected("an array", value) }
        var inputs = [Self]()
        inputs.reserveCapacity(values.count)
        for value in values {
            inputs.append(try Self(input: value))
        }
        return inputs
    }
}

extension String: ModelInput {
    public init(input value: BSONValue) throws(InputError) {
        guard let text = value.string else { throw .expected("a string", value) }
        self = text
    }
}

extension Int: ModelInput {
    public init(input value: BSONValue) throws(InputError) {
        guard let number = value.int else { throw .expected("an integer", value) }
        self = number
    }
}

extension Double: ModelInput {
    public init(input value: BSONValue) throws(InputError) {
        guard let number = value.double else { throw .expected("a number", value) }
        self = number
    }
}

extension Float: ModelInput {
    public init(input value: BSONValue) throws(InputError) {
        guard let number = value.double else { throw .expected("a number", value) }
        self = Float(number)
    }

    public static func inputs(of value: BSONValue) throws(InputError) -> [Float] {
        guard let numbers = value.floats else { throw .expected("a vector or an array of numbers", value) }
        return numbers
    }
}

extension Bool: ModelInput {
    public init(input value: BSONValue) throws(InputError) {
        guard let bool = value.bool else { throw .expected("a bool", value) }
        self = bool
    }
}

extension BSONValue: ModelInput {
    public init(input value: BSONValue) throws(InputError) {
        self = value
    }
}

extension BSONDocument: ModelInput {
    public init(input value: BSONValue) throws(InputError) {
        guard let document = value.document else { throw .expected("a document", value) }
        self = document
    }
}

extension Array: ModelInput where Element: ModelInput {
    public init(input value: BSONValue) throws(InputError) {
        self = try Element.inputs(of: value)
    }
}

extension Optional: ModelInput where Wrapped: ModelInput {
    public init(input value: BSONValue) throws(InputError) {
        self = value.type == .null ? nil : try Wrapped(input: value)
    }
}

extension InputError {
    package static func expected(_ wanted: String, _ value: BSONValue) -> InputError {
        InputError("the model takes \(wanted), the document has a value of type \(value.type.name)")
    }
}
