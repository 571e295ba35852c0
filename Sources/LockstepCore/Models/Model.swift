/// A batch function from inputs to predictions.
///
/// ```swift
/// struct TextLength: Model {
///     let name = "length"
///     let version = "1"
///     func predict(_ texts: [String]) async throws -> [Int] { texts.map(\.count) }
/// }
/// ```
///
/// The function may be called from several tasks at once, up to ``BatchLimits/concurrency``, and runs on a thread
/// of Lockstep's own: a model that computes or waits there blocks nothing else.
public protocol Model<Input, Prediction>: Sendable {
    /// What one document gives: `String`, `Int`, `Double`, `Bool`, arrays and optionals of them, ``BSONDocument``,
    /// or ``BSONValue`` for anything. With a list of keys the input is an array, null where a key is absent.
    associatedtype Input: ModelInput
    /// What is stored: the same types; `[Float]` becomes a BSON vector. A `Result` refuses single inputs.
    associatedtype Prediction: ModelOutput

    /// Names the model in the output's path: no dots, no leading `$`.
    var name: String { get }
    /// Changes whenever the predictions would; outputs of another version are stale. Default `"1"`.
    var version: String { get }
    /// How much one call takes. Default ``BatchLimits/init(count:bytes:concurrency:)``.
    var limits: BatchLimits { get }
    /// How `[Float]` is stored. Default ``VectorFormat/bson``.
    var vectors: VectorFormat { get }

    /// One prediction for each input, in the order of the inputs.
    ///
    /// - Throws: ``ModelError/unavailable(_:)`` when the model cannot answer now: the inputs wait and are tried
    ///   again. Anything else fails the batch, which is halved until the input that breaks it stands alone.
    func predict(_ inputs: [Input]) async throws -> [Prediction]
}

extension Model {
    public var version: String { "1" }
    public var limits: BatchLimits { BatchLimits() }
    public var vectors: VectorFormat { .bson }
}

/// How much one call of a model takes.
public struct BatchLimits: Sendable, Hashable {
    /// Inputs in one call, at most. Default 1,000.
    public var count: Int
    /// Bytes of inputs in one call, at most; a larger single input goes alone. Default 4 MiB.
    public var bytes: Int
    /// Calls in flight at once. Default 2, so that one batch is computed while another is stored.
    public var concurrency: Int

    public init(count: Int = 1000, bytes: Int = 4 << 20, concurrency: Int = 2) {
        self.count = max(1, count)
        self.bytes = max(1, bytes)
        self.concurrency = max(1, concurrency)
    }
}

/// How a vector of floats is stored.
public struct VectorFormat: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A BSON vector: BinData of subtype 9, float32.
    public static let bson = Self(rawValue: "bson")
    /// An array of doubles.
    public static let array = Self(rawValue: "array")
}

/// A model made of a closure.
///
/// ```swift
/// let length = ClosureModel("length") { (texts: [String]) in texts.map(\.count) }
/// ```
public struct ClosureModel<Input: ModelInput, Prediction: ModelOutput>: Model {
    public let name: String
    public let version: String
    public let limits: BatchLimits
    public let vectors: VectorFormat
    private let function: @Sendable ([Input]) async throws -> [Prediction]

    public init(
        _ name: String, version: String = "1", limits: BatchLimits = BatchLimits(),
        vectors: VectorFormat = .bson,
        predict: @escaping @Sendable ([Input]) async throws -> [Prediction]
    ) {
        self.name = name
        self.version = version
        self.limits = limits
        self.vectors = vectors
        function = predict
    }

    public func predict(_ inputs: [Input]) async throws -> [Prediction] {
        try await function(inputs)
    }
}
