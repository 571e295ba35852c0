extension API {
    /// What a watcher has seen and done since the start.
    package struct Counts: Codable, Sendable, Equatable {
        package var inserts: Int
        package var updates: Int
        package var replaces: Int
        package var deletes: Int
        package var modelCalls: Int
        package var modelInputs: Int
        package var outputs: Int
        package var removed: Int
        package var superseded: Int
        package var alreadyFresh: Int
        package var parked: Int
        package var retries: Int
        package var positionsSaved: Int
        package var waiting: Int
        package var waitingBytes: Int

        package init(
            inserts: Int, updates: Int, replaces: Int, deletes: Int, modelCalls: Int, modelInputs: Int,
            outputs: Int, removed: Int, superseded: Int, alreadyFresh: Int, parked: Int, retries: Int,
            positionsSaved: Int, waiting: Int, waitingBytes: Int
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
}
