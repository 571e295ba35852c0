import Lockstep
import Synchronization

/// The length of a text; counts its calls.
final class TextLength: Model {
    let name = "length"
    let version: String
    let limits = BatchLimits(count: 100)
    private let seen = Mutex<[String]>([])

    init(version: String = "1") {
        self.version = version
    }

    func predict(_ texts: [String]) async throws -> [Int] {
        seen.withLock { $0 += texts }
        return texts.map(\.count)
    }

    /// Every input so far, in the order of the calls.
    var inputs: [String] {
        seen.withLock { $0 }
    }
}
