import Foundation

/// The wall clock in milliseconds since 1970: for what is stored, not for timers.
package func currentMilliseconds() -> Int64 {
    Int64((Date().timeIntervalSince1970 * 1000).rounded())
}
