public import LockstepCore
public import MongoBSON

/// A model that is a program: it reads batches of inputs as lines of JSON and answers with lines of
/// predictions.
///
/// The program is started on first use, once per worker, and kept. ``predict(_:)`` blocks its thread while
/// the program computes, which the threads of Lockstep allow. The program's stderr goes to the log, label
/// `lockstep.model.<name>`; what it writes there between two requests is read at the next one.
public struct ExecModel: Model {
    public let name: String
    public let version: String
    public let limits: BatchLimits
    public let vectors: VectorFormat
    private let workers: ExecWorkers
    private let storesVectors: Bool

    /// - Parameters:
    ///   - version: changes whenever the predictions would. Default `"1"`.
    ///   - workers: programs that run side by side; also the calls in flight at once. Default 1.
    ///   - timeout: how long one batch may take, once the program has answered something. Default 60 s.
    ///   - startTimeout: how long a program may take from its start to its first answer. Default 5 min.
    ///   - count: inputs in one call, at most. Default that of ``BatchLimits``.
    ///   - bytes: bytes of inputs in one call, at most. Default that of ``BatchLimits``.
    ///   - vectors: `.bson` stores arrays of numbers that the program answers as BSON vectors of float32,
    ///     `.array` stores vectors that it answers as arrays. Default: as the program answers.
    ///   - isCurrent: whether the program's files are still those that `version` is of; asked at each start. Default: yes.
    public init(
        name: String, command: ExecCommand, version: String = "1", workers: Int = 1,
        timeout: Duration = .seconds(60), startTimeout: Duration = .seconds(300), count: Int? = nil,
        bytes: Int? = nil, vectors: VectorFormat? = nil,
        isCurrent: @escaping @Sendable () -> Bool = { true }
    ) {
        self.name = name
        self.version = version
        self.vectors = vectors ?? .bson
        storesVectors = vectors == .bson
        var limits = BatchLimits(concurrency: workers)
        if let count { limits.count = max(1, count) }
        if let bytes { limits.bytes = max(1, bytes) }
        self.limits = limits
        let program = ExecProgram(
            model: name, command: command, timeout: timeout, startTimeout: startTimeout,
            isCurrent: isCurrent)
        self.workers = ExecWorkers(count: limits.concurrency, program)
    }

    public func predict(_ inputs: [BSONValue]) async throws -> [Result<BSONValue, InputError>] {
        guard !inputs.isEmpty else { return [] }
        let predictions = try workers.predict(inputs)
        return storesVectors ? predictions.map { $0.map(vector) } : predictions
    }

    /// Ends the programs: closes their stdin, waits up to 2 s and kills those still there. Blocks meanwhile.
    ///
    /// Calls in flight, and later ones, throw ``ModelError/unavailable(_:)``.
    public func shutdown() {
        workers.shutdown()
    }
}

private func vector(_ value: BSONValue) -> BSONValue {
    guard value.type == .array, let numbers = value.floats else { return value }
    return BSONValue(vector: numbers)
}
