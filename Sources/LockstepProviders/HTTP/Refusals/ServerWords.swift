/// What a server says of an error, in whatever form it has: OpenAI's and Google's `error`, `detail` of FastAPI, `message`, or
/// plain text.
struct ServerWords {
    /// What it says to people; empty where that cannot be told from what it repeats of the request.
    let message: String
    /// All messages, in lower case.
    private let messages: String
    /// All that it says, codes and names of fields with it, in lower case.
    let all: String
    /// In seconds, where the body has a field for it.
    let retryDelay: String?
    /// Codes and types of errors.
    let codes: Set<String>

    /// Bytes of a body that are read as JSON.
    private static let mostBytes = 1 << 20
    /// Bytes of a message, and of all of them, that are looked at.
    private static let most = 2000
    private static let mostOfAll = 4000

    /// - Parameter redaction: takes the texts of the request out.
    init(_ body: [UInt8], without redaction: Redaction) {
        var reader = Reader()
        if body.count <= Self.mostBytes, let json = try? JSONReader.read(body) {
            reader.read(json, depth: 0)
        } else if let text = Self.plain(body) {
            reader.messages = [text]
        }
        message = reader.messages.first ?? ""
        let said = reader.messages.map { $0.utf8Prefix(Self.most) }.joined(separator: "\n")
        messages = redaction.withoutTexts(said.utf8Prefix(Self.mostOfAll)).lowercased()
        all = ([messages] + (reader.codes + reader.fields).map { $0.lowercased() }).joined(separator: "\n")
        retryDelay = reader.retryDelay
        codes = Set(reader.codes.map { $0.lowercased() })
    }

    /// The start of a body that is no JSON; nil for one that looks like it. Broken JSON repeats texts with escapes, so that
    /// nothing finds them.
    static func plain(_ body: [UInt8]) -> String? {
        let start = body.first { !" \t\r\n".utf8.contains($0) }
        guard let start, !"{[\"".utf8.contains(start) else { return nil }
        return String(decoding: body.prefix(most), as: UTF8.self)
    }

    private struct Reader {
        var messages: [String] = []
        var codes: [String] = []
        var fields: [String] = []
        var retryDelay: String?

        mutating func read(_ json: JSON, depth: Int) {
            guard depth < 8 else { return }
            if let text = json.string { messages.append(text) }
            for element in json.elements ?? [] { read(element, depth: depth + 1) }
            for member in json.members ?? [] {
                switch member.name {
                case "message", "msg", "error", "detail", "details", "errors", "title":
                    read(member.value, depth: depth + 1)
                case "code", "type", "status", "reason", "error_type":
                    if let text = member.value.string ?? member.value.int.map(String.init) {
                        codes.append(text)
                    }
                case "param": if let text = member.value.string { fields.append(text) }
                case "loc":
                    let path = (member.value.elements ?? []).map {
                        $0.string ?? $0.int.map(String.init) ?? ""
                    }
                    fields.append(path.joined(separator: "."))
                case "retryDelay": retryDelay = member.value.string
                default: break
                }
            }
        }
    }
}

// MARK: What they mean

extension ServerWords {
    /// The place of the input that is meant.
    var place: Int? {
        number(/inputs?\[(\d+)\]/) ?? number(/requests\[(\d+)\]/) ?? number(/at index (\d+)/)
            ?? number(/input id (\d+)/) ?? number(/(?:input|inputs|texts)\.(\d+)/)
    }

    /// There are more inputs than a request takes: how many it takes.
    var tooManyInputs: Int?? {
        let limit =
            number(/array with maximum length (\d+)/) ?? number(/batch size limit is (\d+)/)
            ?? number(/maximum allowed batch size (\d+)/) ?? number(/number of texts must be at most (\d+)/)
            ?? number(/at most (\d+) (?:items|requests|inputs|texts|documents)/)
            ?? number(/(?:maximum|max) batch size (?:is|of) (\d+)/)
        if let limit { return .some(limit) }
        let isSo =
            codes.contains("array_above_max_length") || has("too many inputs", "batch size", "too many texts")
        return isSo && !has("physical batch size") ? .some(nil) : nil
    }

    /// There are more tokens in all than a request takes: how many it takes.
    var tooManyTokens: Int?? {
        let limit =
            number(/max(?:imum)? (\d+) tokens per request/)
            ?? number(/max(?:imum)? allowed tokens per submitted batch is (\d+)/)
        if let limit { return .some(limit) }
        return codes.contains("max_tokens_per_request")
            || has("too many tokens overall", "tokens per request", "tokens per submitted batch")
            ? .some(nil) : nil
    }

    /// One request asks for more tokens than a minute has, whenever it is made: how many it has.
    var exceedsRate: Int?? {
        guard has("request too large") else { return nil }
        guard let limit = number(/limit:? (\d+)/), let asked = number(/requested:? (\d+)/), asked > limit
        else {
            return .some(nil)
        }
        return .some(limit)
    }

    /// A text has more tokens than the model takes: how many it takes, and how many there are.
    var tooLong: (limit: Int?, count: Int?)? {
        guard
            has(
                "context length", "context window", "context size", "too large to process", "tokens long",
                "exceeding max", "maximum length of", "maximum sequence length", "must have less than",
                "input token count", "input is too long", "text is too long", "inputs are too long",
                "maximum input length", "maximum number of tokens", "context_length_exceeded",
                "input too long")
        else { return nil }
        let limit =
            number(/maximum context length is (\d+)/) ?? number(
                /context (?:window|length|size) (?:of|is) \(?(\d+)/)
            ?? number(/at most (\d+) tokens/) ?? number(/exceeding max (\d+)/)
            ?? number(/current batch size: (\d+)/) ?? number(
                /maximum (?:sequence |input )?length (?:of|is) (\d+)/)
            ?? number(/less than (\d+) tokens/) ?? number(/tokens allowed \((\d+)\)/)
            ?? number(/context size \((\d+)/)
        guard let limit else { return (nil, nil) }
        return (limit, count(above: limit))
    }

    /// How many tokens the text has, by the message: other numbers in it mean something else, as the status.
    private func count(above limit: Int) -> Int? {
        for pattern in [
            /requested (\d+)/, /given: (\d+)/, /\((\d+) tokens/, /token count \((\d+)\)/,
            /(\d+) (?:input |prompt )?tokens/,
        ] {
            let counts = messages.matches(of: pattern).compactMap { Int($0.output.1) }
            if let count = counts.first(where: { $0 > limit }) { return count }
        }
        return nil
    }

    /// The money is at its end, or the plan; waiting does not help.
    func isSpent(_ status: Int, tellsTime: Bool) -> Bool {
        if status == 402 || !codes.isDisjoint(with: Self.spent) { return true }
        // Google has the same words where a minute's quota is used up, and says then when it is over.
        guard [403, 429].contains(status), !tellsTime else { return false }
        return has(
            "billing", "insufficient_quota", "credits are depleted", "out of credits", "insufficient balance",
            "spending limit", "payment method", "usage limit, please upgrade")
    }

    private static let spent: Set<String> = [
        "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance",
    ]

    var isAboutKey: Bool {
        has(
            "api key not valid", "api_key_invalid", "invalid api key", "incorrect api key",
            "invalid api token")
    }

    var isAboutModel: Bool {
        !codes.isDisjoint(with: ["model_not_found", "invalid_model", "deploymentnotfound"])
            || all.firstMatch(
                of: /models?\W[^\n]{0,120}? (?:not found|is not supported|does not exist|is not available)/)
                != nil
            || has("invalid model", "unknown model", "no such model")
    }

    var isAboutBase64: Bool {
        has("encoding_format", "embedding_type", "base64", "embedding_types", "output_dtype")
    }

    private func has(_ words: String...) -> Bool {
        words.contains { all.contains($0) }
    }

    /// - Parameter pattern: by default Swift sees no boundary of words at a dot between letters.
    private func number(_ pattern: Regex<(Substring, Substring)>) -> Int? {
        all.firstMatch(of: pattern.wordBoundaryKind(.simple)).flatMap { Int($0.output.1) }
    }
}
