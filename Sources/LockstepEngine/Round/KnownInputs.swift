import LockstepCore
import MongoBSON
import Synchronization

/// For each listener, and for each model, an input that the model has answered: what it is tried with when everything
/// else fails.
package final class KnownInputs: Sendable {
    private struct ModelVersion: Hashable {
        let name: String
        let version: String
    }

    private struct State {
        /// By the listener's definition, model version included.
        var ofListeners: [String: BSONValue] = [:]
        var ofModels: [ModelVersion: BSONValue] = [:]
    }

    private let state = Mutex(State())

    /// An input larger than that is not kept.
    private static let largest = 64 << 10

    package func note(_ input: BSONValue, for listener: Listener) {
        guard input.bytes.count <= Self.largest else { return }
        let (definition, model) = (listener.definition, Self.version(of: listener.model))
        state.withLock { state in
            if state.ofListeners[definition] == nil { state.ofListeners[definition] = input }
            if state.ofModels[model] == nil { state.ofModels[model] = input }
        }
    }

    package func input(for listener: Listener) -> BSONValue? {
        let definition = listener.definition
        return state.withLock { $0.ofListeners[definition] }
    }

    /// Of any listener.
    package func input(for model: any Provider) -> BSONValue? {
        state.withLock { $0.ofModels[Self.version(of: model)] }
    }

    private static func version(of model: any Provider) -> ModelVersion {
        ModelVersion(name: model.name, version: model.version)
    }
}
