import LockstepCore
import MongoBSON
import Synchronization

/// Predictions that could not be stored, for the next attempt: the model is not asked for them again.
///
/// Bounded in bytes: what does not fit is computed again.
package final class KeptPredictions: Sendable {
    fileprivate struct Entry {
        let input: Fingerprint
        let prediction: BSONValue
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

    package func keep(_ prediction: BSONValue, for input: Fingerprint, of key: DocumentKey) {
        state.withLock { state in
            state.forget(key)
            let size = State.size(key, prediction)
            guard state.bytes + size <= limit else { return }
            state.entries[key] = Entry(input: input, prediction: prediction)
            state.bytes += size
        }
    }

    /// What was kept for the document, if it is of this input; it is kept no longer.
    package func take(_ input: Fingerprint, of key: DocumentKey) -> BSONValue? {
        state.withLock { state in
            guard let entry = state.forget(key), entry.input == input else { return nil }
            return entry.prediction
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

extension KeptPredictions.State {
    fileprivate static func size(_ key: DocumentKey, _ prediction: BSONValue) -> Int {
        // An entry costs some hundred bytes beside what it holds.
        200 + key.size + prediction.bytes.count
    }

    @discardableResult
    fileprivate mutating func forget(_ key: DocumentKey) -> KeptPredictions.Entry? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        bytes -= Self.size(key, entry.prediction)
        return entry
    }
}
