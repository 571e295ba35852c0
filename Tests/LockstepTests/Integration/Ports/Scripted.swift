import Lockstep
import Synchronization

/// The length of a text, and failures as they are asked for.
final class Scripted: Model {
    let name = "scripted"
    let limits = BatchLimits(count: 50)
    private let script = Mutex<[ModelError]>([])

    func fail(_ error: ModelError) {
        script.withLock { $0.append(error) }
    }

    func predict(_ texts: [String]) async throws -> [Int] {
        let error = script.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if let error { throw error }
        return texts.map(\.count)
    }
}
