import LockstepEngine
import MongoBSON

extension Database {
    /// Calls the models again for every fresh output and compares.
    ///
    /// - Returns: for each listener, in their order, how many outputs were compared and the documents that differ.
    public func recompute() async throws -> [(compared: Int, different: [BSONValue])] {
        try await recomputation().map { ($0.compared, $0.different) }
    }

    /// The same, with how the outputs were compared.
    package func recomputation() async throws -> [RecomputationReport] {
        var reports: [RecomputationReport] = []
        for listener in listeners {
            let recomputation = Recomputation(connection: connection, listener: listener)
            reports.append(
                try await withTaskExecutorPreference(threads) { try await recomputation.run() })
        }
        return reports
    }
}
