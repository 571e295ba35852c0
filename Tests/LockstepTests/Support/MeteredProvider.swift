import Lockstep
import LockstepCore
import MongoBSON
import Synchronization

/// A service that counts tokens: as many as a text has characters. Answers with them.
final class MeteredProvider: Provider {
    let name: String
    let version = "1"
    let setup: String? = nil
    let account: AccountID
    let limits: BatchLimits
    let vectors = VectorCheck(arraysAreVectors: false)
    let terms: ModelTerms
    let frame: InputFrame
    private let state = Mutex(State())

    struct State {
        var calls = 0
        var inputs = 0
        var inFlight = 0
        /// In flight at once.
        var most = 0
        var refusals = 0
    }

    init(_ terms: ModelTerms, frame: InputFrame = .none, batch: Int = 10) {
        self.frame = frame
        name = "small"
        account = AccountID("metered")
        limits = BatchLimits(count: batch)
        var terms = terms
        terms.isRemote = true
        self.terms = terms
    }

    var seen: State { state.withLock { $0 } }

    /// Refuses the next calls as being too many.
    func refuse(_ calls: Int) {
        state.withLock { $0.refusals = calls }
    }

    func ask(_ batch: ProviderBatch) async throws -> ProviderReply {
        let isRefused = state.withLock { state in
            if state.refusals > 0 {
                state.refusals -= 1
                return true
            }
            state.calls += 1
            state.inputs += batch.inputs.count
            state.inFlight += 1
            state.most = max(state.most, state.inFlight)
            return false
        }
        if isRefused { throw ModelError.retryAfter(.milliseconds(20), "too many requests") }
        try await Task.sleep(for: .milliseconds(3))
        state.withLock { $0.inFlight -= 1 }
        let lengths = batch.inputs.map { $0.string?.count ?? 0 }
        return ProviderReply(
            lengths.map { .value(BSONValue($0)) }, usage: Usage(tokens: lengths.reduce(0, +)))
    }
}

extension Listener {
    init(provider: any Provider, on collection: Collection, key: String) {
        self.init(model: provider, on: collection, keys: [FieldPath(key)], as: nil, where: nil)
    }
}
