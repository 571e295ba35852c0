import LockstepCore
import LockstepSinks
import LockstepState
import MongoDriver

/// Reads documents again that an audit found not fresh.
package struct AuditCheck {
    private let reconciler: Reconciler
    private var listeners: PerListener<Listener> { reconciler.listeners }
    private var health: PerListener<ListenerHealth> { reconciler.health }
    private var connection: Connection { reconciler.connection }

    package init(_ reconciler: Reconciler) {
        self.reconciler = reconciler
    }

    /// Those of the documents that are not fresh now, and not parked, with the input that they had before: of another one
    /// an event has come.
    package func unfresh(
        _ known: [DocumentKey: Fingerprint?], of index: ListenerRef
    ) throws -> [(key: DocumentKey, verdict: Verdict)] {
        let keys = Array(known.keys)
        let listener = listeners[index]
        let traits = try connection.traits(of: listener.collection.name)
        let reader = DocumentReader(connection, listener, traits)
        let found = try reader.read(keys)
        let parked =
            health[index].hasParked
            ? try FailureStore(connection: connection).parked(
                listener: listener.id, documents: keys.map(\.id)) : [:]
        return keys.compactMap { key in
            guard let evidence = found[key] else { return nil }
            let fingerprint = evidence.input.map { Fingerprint(of: $0) }
            let verdict = evidence.verdict(fingerprint: fingerprint, version: listener.model.version)
            // Nil where the filter cannot be evaluated, whatever the input is.
            let input = evidence.unjudged == nil ? fingerprint : nil
            // A parked document has no output, unless it cannot be removed; if it has one, that is not Lockstep's.
            let isParked =
                parked[key].map { entry in
                    (evidence.stored.isBare || entry.isStuck)
                        && entry.isUpheld(
                            by: input, version: listener.model.version, setup: listener.model.setup)
                } ?? false
            guard verdict != .fresh, !isParked, known[key] == .some(input) else { return nil }
            return (key, verdict)
        }
    }
}
