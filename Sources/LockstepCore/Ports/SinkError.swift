import MongoBSON

/// Why a sink cannot do what it is asked; nothing is known of any document.
package enum SinkError: Error, Hashable, Sendable {
    /// It is away or takes nothing at the moment; says why.
    case unavailable(String)
}

extension Error {
    /// Why a sink did not do what it was asked; nil for the errors of MongoDB and Lockstep's own.
    package var troubleOfSink: String? {
        switch self as any Error {
        case SinkError.unavailable(let reason): reason
        case is MongoError, is LockstepError, is CancellationError: nil
        default: String(describing: self)
        }
    }
}
