import LockstepCore
import MongoBSON

/// Asks a chat model about texts, one request each; about one whose answer does not fit, once more with the reason.
struct ChatAsker: TextAsker {
    let chat: ChatSpec
    let exchange: Exchange
    /// Arrays of numbers are stored as vectors.
    let storesVectors: Bool

    /// Bytes of an answer, at most.
    private static let mostBytes = 8 << 20

    func ask(
        _ texts: [String], for purpose: TextPurpose, mayCut: Bool, _ learned: LearnedLimits
    ) async throws(Refusal) -> TextReply {
        var reply = TextReply(answers: [])
        for text in texts {
            let (answer, tokens) = try await ask(text)
            reply.answers.append(answer)
            if let tokens { reply.tokens = (reply.tokens ?? 0) + tokens }
        }
        return reply
    }

    private func ask(_ text: String) async throws(Refusal) -> (Answer, tokens: Int?) {
        var messages = chat.messages(text)
        var tokens: Int?
        var why = ""
        for _ in 0..<2 {
            let (reply, json) = try await exchange.post(
                "/chat/completions", chat.body(model: exchange.model, messages),
                authorization: { ("authorization", "Bearer \($0)") }, texts: [text], mostBytes: Self.mostBytes
            )
            let usage = json["usage"]
            if let count = usage?["prompt_tokens"]?.int ?? usage?["total_tokens"]?.int {
                tokens = (tokens ?? 0) + count
            }
            let answer: ChatAnswer
            do throws(BadAnswer) {
                answer = try ChatAnswer(json, fitting: chat.schema)
            } catch {
                throw exchange.failed(error, reply, json, texts: [text])
            }
            switch answer {
            case .value(let value): return (stored(value), tokens)
            case .refused(let reason):
                let redaction = Redaction(secrets: exchange.endpoint.secrets, texts: [text])
                return (.refused(redaction.shown(reason)), tokens)
            case .unfit(let reason, let said):
                why = reason
                messages.append(["role": "assistant", "content": .string(said)])
                messages.append(["role": "user", "content": .string(Self.again(reason, chat.schema))])
            }
        }
        return (.refused("the model was asked twice, and \(why)"), tokens)
    }

    private static func again(_ reason: String, _ schema: AnswerSchema?) -> String {
        schema == nil
            ? "\(reason). Answer again."
            : "\(reason). Answer again, with nothing but JSON that fits the schema."
    }

    private func stored(_ value: JSON) -> Answer {
        guard let stored = value.stored else {
            return .refused("the model's answer has a name twice, or one with a NUL byte")
        }
        guard storesVectors, stored.type == .array, let numbers = stored.floats else { return .value(stored) }
        let vector = BSONValue(vector: numbers)
        return VectorCheck(arraysAreVectors: true).problem(vector).map(Answer.refused) ?? .value(vector)
    }
}
