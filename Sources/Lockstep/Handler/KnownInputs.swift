import Synchronization

/// For each listener an input that its model has answered: what the model is tried with when everything else fails.
final class KnownInputs: Sendable {
    private let inputs = Mutex<[String: BSONValue]>([:])

    /// An input larger than that is not kept.
    private static let largest = 64 << 10

    func note(_ input: BSONValue, for definition: String) {
        guard input.bytes.count <= Self.largest else { return }
        inputs.withLock { inputs in
            if inputs[definition] == nil { inputs[definition] = input }
        }
    }

    /// - Parameter definition: the listener's, model version included.
    subscript(definition: String) -> BSONValue? {
        inputs.withLock { $0[definition] }
    }
}
