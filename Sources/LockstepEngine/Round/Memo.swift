import LockstepCore
import LockstepState
import Logging
import MongoBSON
import MongoDriver
import Synchronization

/// What models that cost something have answered, for all listeners of a watcher and from one to the next.
///
/// It saves calls, and nothing rests on it: what cannot be written is asked again some time.
package final class Memo: Sendable {
    private struct State {
        /// What is being asked now.
        var asked: Set<MemoEntry.ID> = []
        var bound: MemoBound
        var isIndexed = false
        /// Why it does not work, when that was told.
        var fault: String?
    }

    private let store: MemoStore
    private let log: Logger
    private let state: Mutex<State>

    /// How long an entry stays that is not used.
    private static let age = Duration.seconds(30 * 86400)
    /// How old the time of the last use may be, in milliseconds: to note each one would be a write for each read.
    private static let exactness: Int64 = 86_400_000
    /// A larger output is not stored.
    private static let largest = 1 << 20

    package init(store: MemoStore, limit: Int, log: Logger) {
        self.store = store
        self.log = log
        state = Mutex(State(bound: MemoBound(limit: limit)))
    }

    /// Takes what is to be asked; of inputs that are being asked elsewhere the answers are here soon.
    ///
    /// - Returns: those that nobody else asks, until they are released.
    func claim(_ ids: [MemoEntry.ID]) -> Set<MemoEntry.ID> {
        state.withLock { state in Set(ids.filter { state.asked.insert($0).inserted }) }
    }

    func release(_ ids: Set<MemoEntry.ID>) {
        state.withLock { $0.asked.subtract(ids) }
    }

    /// - Throws: when MongoDB cannot say now: to ask the model would cost what waiting does not.
    func entries(_ ids: [MemoEntry.ID]) throws -> [MemoEntry.ID: MemoEntry] {
        guard !ids.isEmpty else { return [:] }
        let found: [MemoEntry.ID: MemoEntry]
        do {
            found = try store.entries(ids)
        } catch let error as MongoError where !error.isTransient {
            failed(error)
            return [:]
        }
        touch(found.values.filter { $0.at < currentMilliseconds() - Self.exactness }.map(\.id))
        return found
    }

    private func touch(_ ids: [MemoEntry.ID]) {
        guard !ids.isEmpty else { return }
        do { try store.touch(ids, at: currentMilliseconds()) } catch { failed(error) }
    }

    func keep(_ entries: [MemoEntry]) {
        let entries = entries.filter { $0.output.bytes.count <= Self.largest }
        guard !entries.isEmpty else { return }
        do {
            if !state.withLock(\.isIndexed) { makeIndex() }
            try store.store(entries)
            state.withLock { $0.fault = nil }
            if state.withLock({ $0.bound.stored(entries.reduce(0) { $0 + $1.size }) }) { try shrink() }
        } catch {
            failed(error)
        }
    }

    private func makeIndex() {
        // Without it entries stay until there are too many bytes.
        do { try store.index(expiringAfter: Self.age) } catch { failed(error) }
        state.withLock { $0.isIndexed = true }
    }

    private func shrink() throws {
        let (documents, bytes) = try store.size()
        try store.removeOldest(
            state.withLock { $0.bound.measured(documents: documents, bytes: bytes) })
    }

    private func failed(_ error: any Error) {
        let reason = "\(error)"
        let isNews = state.withLock { state in
            defer { state.fault = reason }
            return state.fault == nil
        }
        guard isNews else { return }
        log.warning(
            "`\(MemoStore.collection)` does not work: \(reason); predictions go on, and equal inputs may be asked again"
        )
    }
}
