/// Shares the majority writes that prove what was read: all callers that come during one write share the next.
package actor Proofs {
    private enum Turn {
        case answer(Result<Bool, any Error>)
        /// This caller writes, for itself and all that wait.
        case lead
    }

    private let threads: BlockingThreads
    private var isRunning = false
    private var waiting: [CheckedContinuation<Turn, Never>] = []

    package init(threads: BlockingThreads) {
        self.threads = threads
    }

    /// Whether what the session had handled before this call stands.
    package func prove(_ session: Session) async throws -> Bool {
        if isRunning {
            // The one that is under way may have begun before what is to be proven.
            if case .answer(let result) = await withCheckedContinuation({ waiting.append($0) }) {
                return try result.get()
            }
        }
        isRunning = true
        let followers = waiting
        waiting = []
        let result: Result<Bool, any Error>
        do {
            result = .success(try await threads.run { try session.freshness.isProven() })
        } catch {
            result = .failure(error)
        }
        for follower in followers { follower.resume(returning: .answer(result)) }
        if waiting.isEmpty {
            isRunning = false
        } else {
            waiting.removeFirst().resume(returning: .lead)
        }
        return try result.get()
    }
}
