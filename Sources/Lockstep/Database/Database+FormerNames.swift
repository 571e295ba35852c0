import LockstepCore
import LockstepEngine
import LockstepState
import MongoBSON
import MongoDriver

// The names of before, until the commands call the values of `Database+Questions.swift`; then this file goes.
extension Database {
    package func perform<Result: Sendable>(
        _ body: @Sendable @escaping (Connection) throws -> Result
    ) async throws -> Result { try await access.perform(body) }
    package func checkpoint(of identifier: String = "lockstep") async throws -> Checkpoint? {
        try await daemon.checkpoint(of: identifier)
    }
    package func lease(of identifier: String = "lockstep") async throws -> LeaseStore.Entry? {
        try await daemon.lease(of: identifier)
    }
    package func clusterTime() async throws -> BSONTimestamp? { try await daemon.clusterTime() }
    package func collectionKinds() async throws -> [String: String] { try await inspection.collectionKinds() }
    package func collectionTraits(of names: Set<String>) async throws -> [String: CollectionTraits] {
        try await inspection.collectionTraits(of: names)
    }
    package func oplogWindow() async throws -> Int { try await inspection.oplogWindow() }
    package func sampleInputs(of listeners: [Listener]? = nil) async throws -> [String: BSONValue] {
        try await listenerCheck.sampleInputs(of: listeners)
    }
    package func ruleWarnings() async throws -> [RuleWarning] { try await listenerCheck.ruleWarnings() }
    package func warnings(about listeners: [Listener]) async throws -> [ListenerWarning] {
        try await listenerCheck.warnings(about: listeners)
    }
    package func filterProblems(
        of listeners: [Listener]
    ) async throws -> [(listener: String, reason: String)] {
        try await listenerCheck.filterProblems(of: listeners)
    }
    package func view(_ id: BSONValue, in collection: Collection) async throws -> [DocumentView]? {
        try await inspection.view(id, in: collection)
    }
    package func pauses() async throws -> [String: PauseStore.Entry] { try await orders.pauses() }
    package func failureCount(listener: String? = nil) async throws -> Int {
        try await parked.count(listener: listener)
    }
    package func checkRights() async throws { try await rights.run() }
    package func checkMajority() async throws { try await rights.checkMajority() }
    package func setPaused(_ listener: String, _ paused: Bool, by: String?) async throws -> PauseStore.Entry?
    { try await orders.setPaused(listener, paused, by: by) }
    package func forEachFailure(
        listener: String?, limit: Int, _ body: @Sendable @escaping (ParkedDocument) throws -> Void
    ) async throws { try await parked.forEach(listener: listener, limit: limit, body) }
    package func failureGroups(
        listener: String?, limit: Int
    ) async throws -> (groups: [FailureGroup], hasMore: Bool) {
        try await parked.groups(listener: listener, limit: limit)
    }
    package func listenersWithFailures() async throws -> [String] { try await parked.listeners() }
    package func failures(
        listener: String?, after place: BSONDocument?, limit: Int
    ) async throws -> (failures: [ParkedDocument], total: Int, next: BSONDocument?) {
        try await parked.page(listener: listener, after: place, limit: limit)
    }
}
