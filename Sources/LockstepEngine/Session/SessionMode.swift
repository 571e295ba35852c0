/// What a session is for.
package enum SessionMode: Sendable {
    /// Go on from the checkpoint and follow the stream.
    case follow
    /// The same without the checkpoint, whose position is lost.
    case followAnew
    /// Scan everything once and compute what is not fresh, without the stream and the checkpoint.
    case repair
}
