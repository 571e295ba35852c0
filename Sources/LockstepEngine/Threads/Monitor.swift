import Foundation

/// State shared by threads, with a condition to wait on.
///
/// The standard library's `Mutex` has no condition to wait on.
package final class Monitor<State>: @unchecked Sendable {
    // Guarded by the condition's lock.
    private var state: State
    private let condition = NSCondition()

    package init(_ state: sending State) {
        self.state = state
    }

    package func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        condition.lock()
        defer { condition.unlock() }
        return try body(&state)
    }

    /// Changes the state and wakes every waiting thread.
    package func signalling<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&state)
    }

    /// Changes the state and wakes one waiting thread: for changes that any one of them can take care of.
    package func signallingOne<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.signal()
            condition.unlock()
        }
        return try body(&state)
    }

    /// Blocks the thread until `ready` gives a value.
    package func wait<Result>(until ready: (inout State) -> Result?) -> Result {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = ready(&state) { return result }
            condition.wait()
        }
    }

    /// Blocks the thread until `ready` gives a value or the time is over.
    package func wait<Result>(atMost seconds: Double, until ready: (inout State) -> Result?) -> Result? {
        condition.lock()
        defer { condition.unlock() }
        let end = Date(timeIntervalSinceNow: seconds)
        while true {
            if let result = ready(&state) { return result }
            if !condition.wait(until: end) { return ready(&state) }
        }
    }
}
