import Foundation

/// What a watcher has seen and done since it was made; prints as JSON.
public struct WatcherInfo: Sendable, Hashable, Codable {
    /// Changes by others, by operation; Lockstep's own writes are not counted.
    public var inserts = 0
    public var updates = 0
    public var replaces = 0
    public var deletes = 0
    /// Calls of models, and inputs in them.
    public var modelCalls = 0
    public var modelInputs = 0
    /// Outputs stored or removed.
    public var outputs = 0
    /// Those of them that were removed, since their input was gone.
    public var removed = 0
    /// Outputs that were not stored because their input had changed meanwhile.
    public var superseded = 0
    /// Looks at documents that were fresh already.
    public var alreadyFresh = 0
    /// Documents parked because a model refuses their input.
    public var parked = 0
    /// Documents tried again: their model or MongoDB did not answer, their batch broke the model, they changed meanwhile,
    /// or a person asked for it.
    public var retries = 0
    /// Positions in the change stream that were saved.
    public var positionsSaved = 0
    /// Documents that wait or are being handled, and the bytes they take.
    public var waiting = 0
    public var waitingBytes = 0

    package init(
        inserts: Int = 0, updates: Int = 0, replaces: Int = 0, deletes: Int = 0, modelCalls: Int = 0,
        modelInputs: Int = 0, outputs: Int = 0, removed: Int = 0, superseded: Int = 0, alreadyFresh: Int = 0,
        parked: Int = 0, retries: Int = 0, positionsSaved: Int = 0, waiting: Int = 0, waitingBytes: Int = 0
    ) {
        self.inserts = inserts
        self.updates = updates
        self.replaces = replaces
        self.deletes = deletes
        self.modelCalls = modelCalls
        self.modelInputs = modelInputs
        self.outputs = outputs
        self.removed = removed
        self.superseded = superseded
        self.alreadyFresh = alreadyFresh
        self.parked = parked
        self.retries = retries
        self.positionsSaved = positionsSaved
        self.waiting = waiting
        self.waitingBytes = waitingBytes
    }
}

extension WatcherInfo: CustomStringConvertible {
    public var description: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
