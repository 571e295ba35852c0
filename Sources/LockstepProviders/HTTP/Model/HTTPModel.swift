import LockstepCore
import MongoBSON

/// A text model that a server has: asked over HTTP.
package struct HTTPModel: Provider {
    package let name: String
    package let version: String
    package let setup: String?
    package let account: AccountID
    package let vectors: VectorCheck
    package let terms: ModelTerms
    package let batchService: (any BatchService)?
    package let memoName: String
    package let frame: InputFrame
    private let most: BatchLimits
    private let asker: any TextAsker
    private let texts: TextSettings
    private let rules: TextRun.Rules
    private let tokensPerRequest: Int?
    private let learned = LearnedLimits()

    /// - Parameters:
    ///   - conversation: what goes into each request beside the texts and their prefixes.
    ///   - most: how much one request takes, before the server has refused any.
    ///   - tokensPerRequest: as the API says.
    init(
        name: String, version: String, setup: String?, account: AccountID, vectors: VectorCheck,
        terms: ModelTerms, memoName: String, conversation: InputFrame, most: BatchLimits,
        tokensPerRequest: Int?, texts: TextSettings,
        rules: TextRun.Rules,
        asker: any TextAsker, batchService: (any BatchService)? = nil
    ) {
        self.name = name
        self.version = version
        self.setup = setup
        self.account = account
        self.vectors = vectors
        self.terms = terms
        self.memoName = memoName
        // A prompt that repeats the text repeats its prefix.
        let prefixes = String(repeating: texts.prefix, count: conversation.repeats)
        frame = InputFrame(prefixes + conversation.text, repeats: conversation.repeats)
        self.most = most
        self.tokensPerRequest = tokensPerRequest
        self.texts = texts
        self.rules = rules
        self.asker = asker
        self.batchService = batchService
    }

    package var takesTexts: Bool { true }

    /// Those of the API and of the configuration, and what the server's refusals have taught.
    package var limits: BatchLimits {
        learned.value.limits(most, tokens: tokensPerRequest)
    }

    package func ask(_ batch: ProviderBatch) async throws -> ProviderReply {
        try await ask(batch, for: .stored)
    }

    /// Asks for a batch of texts that are stored, or searched for.
    package func ask(_ batch: ProviderBatch, for purpose: TextPurpose) async throws -> ProviderReply {
        let batch = TextBatch(batch.inputs, texts.with(purpose))
        var run = TextRun(batch.texts, rules, learned.value)
        while let group = run.next() {
            try Task.checkCancellation()
            do throws(Refusal) {
                let some = group.places.map { run.texts[$0] }
                let reply = try await asker.ask(some, for: purpose, mayCut: group.mayCut, learned)
                learned.withLock {
                    run.answered(
                        group, reply.answers, tokens: reply.tokens, requests: reply.requests, &$0)
                }
            } catch {
                if error.kind == .cancelled { throw CancellationError() }
                let thrown = learned.withLock { run.refused(group, error, &$0) }
                if let thrown { throw thrown }
            }
        }
        let answers = batch.answers(try run.answers(learned.value))
        let truncated = Set(run.truncated.map { batch.places[$0] })
        return ProviderReply(
            answers, usage: Usage(requests: run.requests, tokens: run.tokens, truncated: truncated))
    }
}

extension TextSettings {
    fileprivate func with(_ purpose: TextPurpose) -> TextSettings {
        var settings = self
        if purpose == .query { settings.prefix = queryPrefix }
        return settings
    }
}
