import LockstepCore
import Logging
import MongoBSON
import Synchronization

/// A text encoder, or a classifier of texts, that OpenVINO runs in this process.
///
/// The model is loaded on first use, which takes about a second.
package final class OpenVINOProvider: Provider {
    package let name: String
    package let version: String
    package let setup: String?
    package let limits: BatchLimits
    package let vectors: VectorCheck
    package let terms: ModelTerms

    private let encoder: OpenVINOEncoder
    private let texts: TextSettings
    private let storesArrays: Bool
    private let logger: Logger
    private let hasNotesToLog: Mutex<Bool>

    /// - Parameters:
    ///   - directory: the model's files.
    ///   - count: inputs in one call, at most. Default that of `BatchLimits`.
    ///   - bytes: bytes of inputs in one call, at most. Default that of `BatchLimits`.
    ///   - logsNotes: says once what was assumed of the model.
    ///   - openVINO: where OpenVINO is. Default: as ``OpenVINORuntime`` looks for it.
    ///   - isCurrent: whether the files are those that the version is of, given the version of what was loaded. Default: yes.
    package init(
        name: String, directory: String, settings: EncoderSettings = EncoderSettings(),
        texts: TextSettings = TextSettings(), version: String = "1", setup: String? = nil, count: Int? = nil,
        bytes: Int? = nil, vectors: VectorFormat = .bson, terms: ModelTerms = ModelTerms(),
        logsNotes: Bool = true, openVINO: String? = nil,
        isCurrent: @escaping @Sendable (_ loaded: String) -> Bool = { _ in true }
    ) {
        self.name = name
        self.version = version
        self.setup = setup
        self.texts = texts
        self.terms = terms
        var limits = BatchLimits()
        if let count { limits.count = max(1, count) }
        if let bytes { limits.bytes = max(1, bytes) }
        self.limits = limits
        self.vectors = VectorCheck(arraysAreVectors: vectors == .array)
        storesArrays = vectors == .array
        hasNotesToLog = Mutex(logsNotes)
        logger = Logger(label: "lockstep.model.\(name)")
        let source = EncoderSource(directory: directory, settings: settings, texts: texts, vectors: vectors)
        encoder = OpenVINOEncoder(source, openVINO: openVINO, isCurrent: isCurrent)
    }

    /// The program is this process, and the model this object.
    package var account: AccountID { AccountID("\(name) \(ObjectIdentifier(self))") }

    package var takesTexts: Bool { true }
    package var frame: InputFrame { InputFrame(texts.prefix) }
    package var hasEqualAnswers: Bool { true }

    package func ask(_ batch: ProviderBatch) async throws -> ProviderReply {
        let inputs = TextBatch(batch.inputs, texts)
        guard !inputs.texts.isEmpty else { return ProviderReply(inputs.answers([]), usage: Usage(tokens: 0)) }
        let (encoded, loaded) = try encode(inputs.texts)
        try Task.checkCancellation()
        let answers = encoded.values.enumerated().map { place, numbers -> Answer in
            guard texts.overlong == .refuse, encoded.cut.contains(place) else {
                return answer(numbers, loaded.plan.output)
            }
            return .refused(
                "the text has more than the \(loaded.plan.limit.tokens) tokens that the model reads")
        }
        let cut = texts.overlong == .truncate ? Set(encoded.cut.map { inputs.places[$0] }) : []
        return ProviderReply(
            inputs.answers(answers), usage: Usage(tokens: encoded.tokens, truncated: cut))
    }

    private func encode(_ texts: [String]) throws(ModelError) -> (EncodedTexts, LoadedEncoder) {
        do throws(OpenVINOError) {
            let (encoded, loaded) = try encoder.encode(texts)
            log(loaded.plan.notes)
            return (encoded, loaded)
        } catch {
            let reason = "model `\(name)`: \(error)"
            throw error.recovery == .park ? .failed(reason) : .unavailable(reason)
        }
    }

    private func log(_ notes: [String]) {
        let isDue = hasNotesToLog.withLock { hasNotesToLog in
            defer { hasNotesToLog = false }
            return hasNotesToLog
        }
        guard isDue else { return }
        for note in notes { logger.notice("\(note)") }
    }

    private func answer(_ numbers: [Float], _ output: EncoderPlan.Output) -> Answer {
        switch output {
        case .labels(let classes):
            return classes.document(numbers).map { .value($0) }
                ?? .refused("the model gave no number for a label")
        case .vector:
            let value = BSONValue(vector: numbers)
            if let problem = vectors.problem(value) { return .refused(problem) }
            return .value(storesArrays ? BSONValue(numbers.map { BSONValue(Double($0)) }) : value)
        }
    }
}
