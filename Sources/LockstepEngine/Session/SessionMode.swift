/// What a session is for.
package enum SessionMode: Sendable {
    /// Go on from the checkpoint and follow the stream.
    case follow
    /// The same without the checkpoint, which leads nowhere any more.
    case followAnew
    /// Scan everything once and make it fresh; the stream and the checkpoint are left alone.
    case repair
}
