/// What a chat model said to one request.
enum ChatAnswer: Equatable {
    case value(JSON)
    /// It will not answer, or the server does not let it.
    case refused(String)
    /// It is none of what the schema allows: why, and what it said.
    case unfit(String, said: String)

    init(_ json: JSON, fitting schema: AnswerSchema?) throws(BadAnswer) {
        guard let choice = json["choices"]?.elements?.first, let message = choice["message"] else {
            throw BadAnswer("answered without `choices`")
        }
        if let refusal = message["refusal"]?.string, !refusal.isEmpty {
            self = .refused("the model refuses: \(refusal)")
            return
        }
        let said = Self.text(message["content"])
        switch choice["finish_reason"]?.string {
        case "length": self = .unfit("the answer was cut off (finish_reason: length)", said: said)
        case "content_filter": self = .refused("the provider's filter withholds the answer (content_filter)")
        default: self = Self.read(said, schema)
        }
    }

    private static func read(_ said: String, _ schema: AnswerSchema?) -> ChatAnswer {
        let text = withoutThoughts(said)
        guard let schema else {
            return text.isEmpty ? .unfit("the answer is empty", said: said) : .value(.string(text))
        }
        guard let value = try? JSONReader.read(Array(withoutFence(text).utf8)) else {
            return .unfit("the answer is no JSON", said: said)
        }
        switch schema.unwrapped(value) {
        case .success(let value): return .value(value)
        case .failure(let problem): return .unfit(problem.description, said: said)
        }
    }

    /// A text, or a list of parts.
    private static func text(_ content: JSON?) -> String {
        content?.string ?? (content?.elements ?? []).compactMap { $0["text"]?.string }.joined()
    }

    /// Local models think aloud before they answer.
    private static func withoutThoughts(_ text: String) -> String {
        var text = text[...]
        let start = text.drop(while: \.isWhitespace)
        if start.hasPrefix("<think>"), let end = start.firstRange(of: "</think>") {
            text = start[end.upperBound...]
        }
        text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// Some put JSON into a block of Markdown.
    private static func withoutFence(_ text: String) -> String {
        guard text.hasPrefix("```"), text.hasSuffix("```"), let line = text.firstIndex(where: \.isNewline)
        else {
            return text
        }
        return String(text[line...].dropLast(3))
    }
}
