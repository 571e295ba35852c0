import LockstepCore
import MongoBSON
import Synchronization

/// Answers with its inputs. What it makes of a text follows from how that begins, as the conformance kit has it.
final class EchoProvider: Provider {
    let name: String
    let version: String
    let setup: String? = nil
    let account: AccountID
    let limits: BatchLimits
    let vectors = VectorCheck(arraysAreVectors: false)
    let takesTexts: Bool
    let terms: ModelTerms
    let hasEqualAnswers: Bool
    /// Its only value; nil for the input.
    private let answer: BSONValue?
    private let state = Mutex(State())

    private struct State {
        var batches: [ProviderBatch] = []
        var deferred: Set<String> = []
        var script: [ModelError] = []
        var isClosed = false
    }

    init(
        _ name: String = "echo", version: String = "1", account: String = "echo",
        limits: BatchLimits = BatchLimits(count: 100), takesTexts: Bool = false, hasMemo: Bool = false,
        hasEqualAnswers: Bool = false, answer: BSONValue? = nil
    ) {
        self.name = name
        self.version = version
        self.takesTexts = takesTexts
        self.hasEqualAnswers = hasEqualAnswers || hasMemo
        self.answer = answer
        terms = ModelTerms(hasMemo: hasMemo)
        self.account = AccountID(account)
        self.limits = limits
    }

    /// The next calls fail with these.
    func fail(_ errors: [ModelError]) {
        state.withLock { $0.script += errors }
    }

    /// Holds what it is asked from now on, until it is opened.
    func close() {
        state.withLock { $0.isClosed = true }
    }

    func open() {
        state.withLock { $0.isClosed = false }
    }

    /// What it was asked so far.
    var batches: [ProviderBatch] {
        state.withLock { $0.batches }
    }

    /// All inputs so far that are texts.
    var texts: [String] {
        batches.flatMap { $0.inputs.compactMap(\.string) }
    }

    func ask(_ batch: ProviderBatch) async throws -> ProviderReply {
        let failure = state.withLock { state in
            state.batches.append(batch)
            return state.script.isEmpty ? nil : state.script.removeFirst()
        }
        while state.withLock({ $0.isClosed }) { try await Task.sleep(for: .milliseconds(2)) }
        if let failure { throw failure }
        try Task.checkCancellation()
        var usage = Usage(tokens: 0)
        let answers = batch.inputs.enumerated().map { place, input -> Answer in
            let text = input.string ?? ""
            usage.tokens = (usage.tokens ?? 0) + text.count
            if text.hasPrefix("refuse") { return .refused("not this") }
            if text.hasPrefix("long") { usage.truncated.insert(place) }
            if text.hasPrefix("later"), state.withLock({ $0.deferred.insert(text).inserted }) {
                return .later(.milliseconds(50))
            }
            if text.hasPrefix("defer"), batch.deferred[place] == nil {
                return .deferred("job of \(text)", .milliseconds(50))
            }
            return .value(self.answer ?? input)
        }
        return ProviderReply(answers, usage: usage)
    }
}
