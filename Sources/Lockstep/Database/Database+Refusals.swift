import LockstepCore
import LockstepState

extension Database {
    /// Why MongoDB refuses outputs of listeners, by the listener's id, as far as documents are parked for that.
    func refusals() async throws -> [String: FailureStore.Refused] {
        try await perform { connection in
            let failures = FailureStore(connection: connection)
            return try failures.counts().parked.isEmpty ? [:] : failures.refusals()
        }
    }

    /// - Throws: ``LockstepError/timeout(_:)`` when outputs of these listeners are stale and MongoDB neither replaces nor
    ///   removes them.
    func expectNoneStuck(_ ids: [String]) async throws {
        let refusals = try await refusals()
        for id in ids.sorted() {
            guard let refused = refusals[id], refused.stuck > 0 else { continue }
            let outputs = refused.stuck == 1 ? "1 output is" : "\(refused.stuck) outputs are"
            throw LockstepError.timeout(
                "not fresh: \(outputs) stale for `\(id)` and can be neither replaced nor removed. \(refused.reason); they are retried then"
            )
        }
    }
}
