import Foundation

/// The wall clock in milliseconds since 1970: for what is stored, not for timers.
func currentMilliseconds() -> Int64 {
    Int64((Date().timeIntervalSince1970 * 1000).rounded())
}

/// A moment on the clock that does not jump, as a plain number: `ContinuousClock.Instant` is opaque to the optimizer, and
/// copying one a document costs a quarter of the way through the queue.
struct Moment: Hashable, Sendable {
    private let nanoseconds: UInt64

    static var now: Moment {
        Moment(nanoseconds: DispatchTime.now().uptimeNanoseconds)
    }

    static func - (later: Moment, earlier: Moment) -> Duration {
        .nanoseconds(Int64(bitPattern: later.nanoseconds &- earlier.nanoseconds))
    }
}
