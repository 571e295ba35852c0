/// A moment on the clock that does not jump, as a plain number: `ContinuousClock.Instant` is opaque to the optimizer, and
/// copying one a document costs a quarter of the way through the queue.
package struct Moment: Hashable, Sendable {
    private let nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    package static func - (later: Moment, earlier: Moment) -> Duration {
        .nanoseconds(Int64(bitPattern: later.nanoseconds &- earlier.nanoseconds))
    }
}
