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
        var reply = TextReply(answers: [], requests: 0)
        for text in texts { reply.answers.append(try await ask(text, &reply)) }
        return reply
    }

    /// - Parameter reply: counts requests and tokens.
    private func ask(_ text: String, _ reply: inout TextReply) async throws(Refusal) -> Answer {
        var messages = chat.messages(text)
        var why = ""
        for _ in 0..<2 {
            let answer: ChatAnswer
            do throws(Refusal) {
                answer = try await ask(text, messages, &reply)
            } catch {
                throw error.after(reply.requests)
            }
            reply.requests += 1
            switch answer {
            case .value(let value): return stored(value)
            case .refused(let reason):
                let redaction = Redaction(secrets: exchange.endpoint.secrets, texts: [text])
                return .refused(redaction.shown(reason))
            case .unfit(let reason, let said):
                why = reason
                messages.append(["role": "assistant", "content": .string(said)])
                messages.append(["role": "user", "content": .string(Self.again(reason, chat.schema))])
            }
        }
        return .refused("the model was asked twice, and \(why)")
    }

    private func ask(
        _ text: String, _ messages: [JSON], _ reply: inout TextReply
    ) async throws(Refusal) -> ChatAnswer {
        let (answer, json) = try await exchange.post(
            "/chat/completions", chat.body(model: exchange.model, messages),
            authorization: { ("authorization", "Bearer \($0)") }, texts: [text], mostBytes: Self.mostBytes)
        if let count = json["usage"]?.promptTokens { reply.tokens = (reply.tokens ?? 0) + count }
        do throws(BadAnswer) {
            return try ChatAnswer(json, fitting: chat.schema)
        } catch {
            throw exchange.failed(error, answer, json, texts: [text])
        }
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
