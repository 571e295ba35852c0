import LockstepCore

/// What a chat model is asked, as `lockstep.yaml` says it.
package struct ChatSpec: Hashable, Sendable {
    /// Stands for the text in `prompt`.
    static let input = "{{input}}"

    package var system: String?
    package var prompt = Self.input
    /// What an answer has to be; nil: any text.
    package var schema: AnswerSchema?

    package init() {}

    /// The conversation that asks about a text.
    func messages(_ text: String) -> [JSON] {
        let asked = JSON.object([
            .init("role", "user"), .init("content", .string(prompt.replacing(Self.input, with: text))),
        ])
        return (system.map { [["role": "system", "content": .string($0)]] } ?? []) + [asked]
    }

    /// What each request has beside the text.
    var frame: InputFrame {
        let parts = [system, prompt.replacing(Self.input, with: ""), schema?.responseFormat.text]
        return InputFrame(
            parts.compactMap(\.self).joined(separator: "\n"), repeats: prompt.ranges(of: Self.input).count)
    }

    func body(model: String, _ messages: [JSON]) -> JSON {
        var fields: [JSON.Member] = [.init("model", .string(model)), .init("messages", .array(messages))]
        if let schema { fields.append(.init("response_format", schema.responseFormat)) }
        return .object(fields)
    }
}
