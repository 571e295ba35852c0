import MongoBSON

/// What asks a model: it gives one answer for each input of a batch, in their order.
package protocol Provider: Sendable {
    /// Names the model in the output's path.
    var name: String { get }
    /// Changes whenever the predictions would.
    var version: String { get }
    /// What the model runs with, as a hash: under another one, inputs that broke it are tried again. Nil when unknown.
    var setup: String? { get }
    /// The account or the program that limits and health belong to.
    var account: AccountID { get }
    /// How much one call takes, and how many calls the account takes at once.
    var limits: BatchLimits { get }
    /// Which of its answers are vectors.
    var vectors: VectorCheck { get }
    /// It takes texts, see ``TextInput``: what is blank is no input.
    var takesTexts: Bool { get }
    /// What it sends for each input beside the input. Default: nothing.
    var frame: InputFrame { get }
    /// It gives equal inputs equal answers, so that those of a round are asked once. By default where it has a memo: a
    /// program, or a model of one's own, may answer as it likes, and is asked for each document.
    var hasEqualAnswers: Bool { get }
    /// What it costs, and how fast it may be asked.
    var terms: ModelTerms { get }
    /// Tells apart models of one version in the memo. Where the version is a hash of all that the predictions follow from,
    /// nothing has to, and a model that is renamed keeps its predictions; otherwise, and by default, the model's name.
    var memoName: String { get }
    /// Its batch API; nil where it has none.
    var batchService: (any BatchService)? { get }

    /// Asks for a batch, once.
    ///
    /// - Throws: ``ModelError`` when there is an answer for no input. Any other error counts as ``ModelError/failed(_:)``.
    func ask(_ batch: ProviderBatch) async throws -> ProviderReply
}

/// An account with a service, or a program on this machine.
package struct AccountID: Hashable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }
}

/// The inputs of one call.
package struct ProviderBatch: Sendable {
    package let inputs: [BSONValue]
    /// By their places, the ids under which the provider has deferred some of them before.
    package let deferred: [Int: String]

    package init(_ inputs: [BSONValue], deferred: [Int: String] = [:]) {
        self.inputs = inputs
        self.deferred = deferred
    }
}

/// What one call gives.
package struct ProviderReply: Sendable {
    /// One for each input, in their order.
    package var answers: [Answer]
    package var usage: Usage

    package init(_ answers: [Answer], usage: Usage = Usage()) {
        self.answers = answers
        self.usage = usage
    }
}

/// What a provider gives for one input.
package enum Answer: Hashable, Sendable {
    case value(BSONValue)
    /// The model refuses this input; asking again would not help.
    case refused(String)
    /// To be asked again after so long; nil when the provider does not know.
    case later(Duration?)
    /// The provider computes it: asked again with this id, it gives the value. Nil when it does not know how soon.
    case deferred(String, Duration?)
}

/// What a call used.
package struct Usage: Hashable, Sendable {
    /// Requests that the provider made for it.
    package var requests = 1
    /// By the provider's own count; nil when it does not say.
    package var tokens: Int?
    /// The places of the inputs that were cut, since they are longer than the model takes.
    package var truncated: Set<Int> = []

    package init(requests: Int = 1, tokens: Int? = nil, truncated: Set<Int> = []) {
        self.requests = requests
        self.tokens = tokens
        self.truncated = truncated
    }
}

extension Provider {
    package var takesTexts: Bool { false }
    package var frame: InputFrame { .none }
    package var hasEqualAnswers: Bool { terms.hasMemo }
    package var terms: ModelTerms { ModelTerms() }
    package var memoName: String { name }
    package var batchService: (any BatchService)? { nil }

    /// The number of elements of an answer that is a vector.
    package func vectorLength(of answer: BSONValue) -> Int? {
        vectors.vector(answer)?.count
    }

    /// Asks once, outside of a round: what is late or deferred counts as no answer.
    package func predict(_ values: [BSONValue]) async throws -> [Result<BSONValue, InputError>] {
        try await ask(ProviderBatch(values)).answers.map { answer in
            switch answer {
            case .value(let value): .success(value)
            case .refused(let reason): .failure(InputError(reason))
            case .later(let time?): throw ModelError.retryAfter(time, "it has no answer yet")
            case .later, .deferred: throw ModelError.unavailable("it has no answer yet")
            }
        }
    }
}
