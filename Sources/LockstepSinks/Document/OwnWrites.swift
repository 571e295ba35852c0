import LockstepCore
import Synchronization

/// Remembers what this process wrote until it comes back in the stream, so that its own changes are known.
///
/// Only hashes are kept, of at most `capacity` writes; what was forgotten costs a read, never a wrong output.
package final class OwnWrites: Sendable {
    fileprivate struct Generation {
        var marks: Set<UInt64> = []
        /// How many writes of a document are not back yet.
        var outstanding: [UInt64: Int32] = [:]
    }

    private struct State {
        var recent = Generation()
        var older = Generation()
    }

    private let state = Mutex(State())
    private let capacity: Int

    package init(capacity: Int = 1 << 18) {
        self.capacity = capacity
    }

    /// Said before the write is sent, so that its event cannot come first.
    package func expect(_ writes: [(key: DocumentKey, provenance: Provenance)], listener: ListenerRef) {
        state.withLock { state in
            if state.recent.marks.count + writes.count > capacity / 2 {
                state.older = state.recent
                state.recent = Generation()
            }
            for (key, provenance) in writes {
                state.recent.marks.insert(Self.mark(listener, key, provenance))
                state.recent.outstanding[Self.hash(listener, key), default: 0] += 1
            }
        }
    }

    /// True once for each expected write: an old copy brought back later is somebody else's change.
    package func recognise(listener: ListenerRef, key: DocumentKey, provenance: Provenance) -> Bool {
        // mechanism own-writes, off: return false
        let mark = Self.mark(listener, key, provenance)
        let document = Self.hash(listener, key)
        return state.withLock { state in
            // mechanism own-writes-once, off:
            //   state.recent.recognise(mark, document) || state.older.recognise(mark, document) becomes true
            state.recent.recognise(mark, document) || state.older.recognise(mark, document)
        }
    }

    /// True while a write of this document is not back: it may reflect events that are being read only now.
    package func isOutstanding(listener: ListenerRef, key: DocumentKey) -> Bool {
        let document = Self.hash(listener, key)
        return state.withLock { state in
            state.recent.outstanding[document] != nil || state.older.outstanding[document] != nil
        }
    }

    private static func mark(_ listener: ListenerRef, _ key: DocumentKey, _ provenance: Provenance) -> UInt64
    {
        var hasher = Hasher()
        hasher.combine(listener)
        hasher.combine(key)
        hasher.combine(provenance.input)
        hasher.combine(provenance.at)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    private static func hash(_ listener: ListenerRef, _ key: DocumentKey) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(listener)
        hasher.combine(key)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

extension OwnWrites.Generation {
    fileprivate mutating func recognise(_ mark: UInt64, _ document: UInt64) -> Bool {
        guard marks.remove(mark) != nil else { return false }
        if let count = outstanding[document] { outstanding[document] = count > 1 ? count - 1 : nil }
        return true
    }
}
