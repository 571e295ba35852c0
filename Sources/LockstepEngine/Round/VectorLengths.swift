import LockstepCore
import Synchronization

/// The lengths of the vectors of all listeners.
package final class VectorLengths: Sendable {
    private let lengths = Mutex<[String: VectorLength]>([:])

    /// The length that a listener's vectors should have, with these on top of those before.
    ///
    /// - Parameters:
    ///   - definition: the listener's, model version included.
    ///   - stored: the lengths of some that are stored; asked for when nothing is known yet.
    package func expected(
        of definition: String, after given: [Int], stored: () throws -> [Int]
    ) rethrows -> Int? {
        if lengths.withLock({ $0[definition] }) == nil {
            let stored = try stored()
            lengths.withLock { lengths in
                guard lengths[definition] == nil else { return }
                var length = VectorLength()
                _ = length.expected(after: stored)
                lengths[definition] = length
            }
        }
        return lengths.withLock { $0[definition, default: VectorLength()].expected(after: given) }
    }
}
