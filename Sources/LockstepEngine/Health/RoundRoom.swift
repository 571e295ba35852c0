import Synchronization

/// How many rounds of an account work at once: more than it takes calls, so that some read and store while others ask;
/// not many more, since each holds its documents in memory.
final class RoundRoom: Sendable {
    fileprivate struct State {
        var working = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let limit: @Sendable () -> Int

    /// - Parameter limit: asked anew each time.
    init(limit: @escaping @Sendable () -> Int) {
        self.limit = limit
    }

    /// For so many calls at once.
    static func rounds(forCalls calls: Int) -> Int { calls + calls / 2 + 2 }

    func enter() async {
        let limit = limit()
        let isIn = state.withLock { $0.enters(limit) }
        guard !isIn else { return }
        await withCheckedContinuation { continuation in
            let isIn = state.withLock { state in
                if state.enters(limit) { return true }
                state.waiting.append(continuation)
                return false
            }
            if isIn { continuation.resume() }
        }
    }

    func leave() {
        let limit = limit()
        let woken = state.withLock { state in
            state.working -= 1
            let count = min(state.waiting.count, max(0, limit - state.working))
            state.working += count
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting.prefix(count))
        }
        for continuation in woken { continuation.resume() }
    }
}

extension RoundRoom.State {
    fileprivate mutating func enters(_ limit: Int) -> Bool {
        guard working < limit else { return false }
        working += 1
        return true
    }
}
