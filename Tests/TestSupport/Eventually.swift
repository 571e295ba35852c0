import Foundation

/// Waits for a condition of the world outside. The timeout is for a busy machine, and says nothing of how fast it is.
package func eventually(
    _ what: String, timeout: Duration = .seconds(120), every interval: Duration = .milliseconds(5),
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + min(timeout, patience)
    while try await !condition() {
        guard .now < deadline else { throw NeverHappened(what: what) }
        try await Task.sleep(for: interval)
    }
}

/// Sees that a condition holds for a while: what must not happen gets the time to happen.
package func throughout(
    _ duration: Duration, _ what: String, every interval: Duration = .milliseconds(5),
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + duration
    while .now < end {
        guard try await condition() else { throw DidNotLast(what: what, duration: duration) }
        try await Task.sleep(for: interval)
    }
}

/// Lets something take its time that takes time by its nature: an outage, a call of a slow model. Nothing is waited for.
package func lasting(_ what: String, _ duration: Duration) async throws {
    try await Task.sleep(for: duration)
}

/// How long a condition is waited for at most, whatever the test allows: `scripts/check-mechanisms` runs tests that are to
/// fail, and shows that they pass within that time when nothing is taken out.
private let patience =
    ProcessInfo.processInfo.environment["LOCKSTEP_TEST_PATIENCE"].flatMap(Int.init).map {
        Duration.seconds($0)
    } ?? .seconds(600)

package struct NeverHappened: Error, CustomStringConvertible {
    package let what: String

    package init(what: String) {
        self.what = what
    }

    package var description: String { "this never came true: \(what)" }
}

package struct DidNotLast: Error, CustomStringConvertible {
    package let what: String
    package let duration: Duration

    package var description: String { "this did not stay true for \(duration): \(what)" }
}
