import LockstepCore
import LockstepEngine
import LockstepSinks
import LockstepState
import MongoBSON

extension Database {
    /// A document as each listener of its collection sees it, in their order.
    ///
    /// - Returns: nil when there is no such document.
    package func view(_ id: BSONValue, in collection: Collection) async throws -> [DocumentView]? {
        let listeners = listeners.filter { $0.collection == collection }
        return try await perform { connection in
            let traits = try connection.traits(of: collection.name)
            let key = DocumentKey(id)
            var views: [DocumentView] = []
            for listener in listeners {
                let reader = DocumentReader(connection, listener, traits)
                guard let evidence = try reader.read([key])[key] else { return nil }
                let parked = try FailureStore(connection: connection).entry(
                    listener: listener.id, document: id)
                views.append(
                    DocumentView(
                        listener, evidence, output: try reader.sink.outputs(of: [key])[key], parked: parked))
            }
            return views
        }
    }
}
