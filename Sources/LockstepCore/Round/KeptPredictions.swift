import Synchronization

/// What a model has said and could not be stored, for the next attempt: it is not asked again.
///
/// Bounded in bytes: what does not fit is asked again.
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

    package init(limit: Int = 8 << 20) {
        self.limit = limit
    }

    package func keep(_ answer: KnownAnswer, for input: Fingerprint, of key: DocumentKey) {
        state.withLock { state in
            state.forget(key)
            let size = State.size(key, answer)
            guard state.bytes + size <= limit else { return }
            state.entries[key] = Entry(input: input, answer: answer)
            state.bytes += size
        }
    }

    /// What was kept for the document, if it is of this input; it is kept no longer.
    package func take(_ input: Fingerprint, of key: DocumentKey) -> KnownAnswer? {
        state.withLock { state in
            guard let entry = state.forget(key), entry.input == input else { return nil }
            return entry.answer
        }
    }

    /// These documents are done with: what was kept for them must not take the room of others.
    package func forget(_ keys: [DocumentKey]) {
        state.withLock { state in
            for key in keys { state.forget(key) }
        }
    }

    package var isEmpty: Bool {
        state.withLock { $0.entries.isEmpty }
    }
}

/// What is kept for each listener, also from one session to the next.
package final class KeptByListener: Sendable {
    /// By the listener's definition, model version included.
    private let known = Mutex<[String: KeptPredictions]>([:])

    package init() {}

    package func predictions(of listener: Listener) -> KeptPredictions {
        known.withLock { known in
            if let kept = known[listener.definition] { return kept }
            let kept = KeptPredictions()
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

    @discardableResult
    fileprivate mutating func forget(_ key: DocumentKey) -> KeptPredictions.Entry? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        bytes -= Self.size(key, entry.answer)
        return entry
    }
}

extension KnownAnswer {
    fileprivate var size: Int {
        switch self {
        case .value(let value): value.bytes.count
        case .refused(let text), .deferred(let text): text.utf8.count
        }
    }
}
