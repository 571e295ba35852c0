import LockstepCore
import MongoBSON

/// The state of one listener, as the holder of a lease publishes it there.
package struct RunningListener: Hashable, Sendable {
    package let signature: ListenerSignature
    package let state: ListenerStatus.State
    /// Why it does not work.
    package let reason: String?

    /// Bytes of a reason that the lease takes.
    private static let longest = 300

    package init(_ signature: ListenerSignature, state: ListenerStatus.State, reason: String?) {
        self.signature = signature
        self.state = state
        self.reason = reason.map { String($0.prefix(Self.longest)) }
    }

    /// Why its documents do not become fresh for now, and what to do; nil when they do.
    package var trouble: String? {
        let id = "`\(signature.id)`"
        switch state {
        case .ok: return nil
        case .paused: return "\(id) is paused: `lockstep resume \(signature.id)` goes on with it"
        case .out: return "\(id) is unavailable: \(reason ?? "its model does not answer")"
        case .refused: return "the outputs of \(id) are not stored: \(reason ?? "MongoDB refuses them")"
        case .spent: return "\(id) waits: \(reason ?? "the budget of its model is spent")"
        case .blocked: return "\(id) is blocked: \(reason ?? "its collection is gone")"
        }
    }
}

extension RunningListener {
    package var document: BSONDocument {
        [
            "listener": BSONValue(signature.id), "shape": BSONValue(signature.shape),
            "version": signature.version.map { BSONValue($0) } ?? .null,
            "state": BSONValue(state.rawValue), "reason": reason.map { BSONValue($0) } ?? .null,
        ]
    }

    /// Nil when a person or another version of Lockstep wrote the document.
    package init?(_ document: BSONDocument) {
        guard let id = document["listener"]?.string, let shape = document["shape"]?.string else { return nil }
        self.init(
            ListenerSignature(id: id, shape: shape, version: document["version"]?.string),
            state: document["state"]?.string.flatMap(ListenerStatus.State.init) ?? .ok,
            reason: document["reason"]?.string)
    }
}
