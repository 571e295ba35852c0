import Synchronization

/// What a model has said and could not be stored, for the next attempt: it is not asked again.
///
/// Bounded in bytes, for each listener and for all: what does not fit is asked again.
package final class KeptPredictions: Sendable {
    fileprivate struct Entry {
        let input: Fingerprint
        let answer: KnownAnswer
    }

    fileprivate struct State {
        var entries: [DocumentKey: Entry] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    private let budget: KeptBudget

    package init(limit: Int = 8 << 20, budget: KeptBudget = KeptBudget()) {
        self.limit = limit
        self.budget = budget
    }

    deinit {
        budget.giveBack(state.withLock { $0.bytes })
    }

    package func keep(_ answer: KnownAnswer, for input: Fingerprint, of key: DocumentKey) {
        state.withLock { state in
            drop(key, of: &state)
            let size = State.size(key, answer)
            guard state.bytes + size <= limit, budget.take(size) else { return }
            state.entries[key] = Entry(input: input, answer: answer)
            state.bytes += size
        }
    }

    /// What was kept for the document, if it is of this input; it is kept no longer.
    package func take(_ input: Fingerprint, of key: DocumentKey) -> KnownAnswer? {
        state.withLock { state in
            guard let entry = drop(key, of: &state), entry.input == input else { return nil }
            return entry.answer
        }
    }

    /// These documents are done with: what was kept for them must not take the room of others.
    package func forget(_ keys: [DocumentKey]) {
        state.withLock { state in
            for key in keys { drop(key, of: &state) }
        }
    }

    @discardableResult
    private func drop(_ key: DocumentKey, of state: inout State) -> Entry? {
        guard let entry = state.entries.removeValue(forKey: key) else { return nil }
        let size = State.size(key, entry.answer)
        state.bytes -= size
        budget.giveBack(size)
        return entry
    }

    package var isEmpty: Bool {
        state.withLock { $0.entries.isEmpty }
    }
}

/// The bytes that all listeners may keep together.
package final class KeptBudget: Sendable {
    private let free: Mutex<Int>

    package init(_ bytes: Int = 32 << 20) {
        free = Mutex(bytes)
    }

    /// False when there are not as many.
    fileprivate func take(_ bytes: Int) -> Bool {
        free.withLock { free in
            guard free >= bytes else { return false }
            free -= bytes
            return true
        }
    }

    fileprivate func giveBack(_ bytes: Int) {
        free.withLock { $0 += bytes }
    }
}

/// What is kept for each listener, also from one session to the next.
package final class KeptByListener: Sendable {
    /// By the listener's definition, model version included.
    private let known = Mutex<[String: KeptPredictions]>([:])
    private let budget: KeptBudget

    package init(budget: KeptBudget = KeptBudget()) {
        self.budget = budget
    }

    package func predictions(of listener: Listener) -> KeptPredictions {
        known.withLock { known in
            if let kept = known[listener.definition] { return kept }
            let kept = KeptPredictions(budget: budget)
            known[listener.definition] = kept
            return kept
        }
    }

    /// Forgets what was kept for listeners that are there no more.
    package func forgetAll(but listeners: [Listener]) {
        let definitions = Set(listeners.map(\.definition))
        known.withLock { known in known = known.filter { definitions.contains($0.key) } }
    }
}

extension KeptPredictions.State {
    fileprivate static func size(_ key: DocumentKey, _ answer: KnownAnswer) -> Int {
        // An entry costs some hundred bytes beside what it holds.
        200 + key.size + answer.size
    }
}

extension KnownAnswer {
    fileprivate var size: Int {
        switch self {
        case .value(let value, _): value.bytes.count
        case .refused(let text), .deferred(let text): text.utf8.count
        }
    }
}
