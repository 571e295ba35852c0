import Foundation
import LockstepReading
import MongoBSON

/// Reads the mapping behind `http`.
struct HTTPReader {
    let http: MappingReader

    func api(problems: inout Problems) -> HTTPAPI? {
        guard let node = http.required("api", "openai", problems: &problems),
            let text = node.text("`api`", "openai", problems: &problems)
        else { return nil }
        if let api = HTTPAPI(rawValue: text) { return api }
        let known = HTTPAPI.allCases.map(\.rawValue)
        let hint =
            suggestedAPI(text).map { "did you mean `\($0)`?" }
            ?? "write `openai` for a server that is compatible with it, or \(known.dropFirst().map { "`\($0)`" }.joined(separator: ", "))"
        problems.add(node.line, "there is no `api` \(node.found): \(hint)")
        return nil
    }

    /// What people write for an API that goes by another name, or one that is misspelled.
    private func suggestedAPI(_ text: String) -> String? {
        let others = [
            "vllm": "openai", "llamacpp": "openai", "llama.cpp": "openai", "lmstudio": "openai",
            "mistral": "openai",
            "jina": "openai", "google": "gemini", "huggingface": "tei", "completions": "chat",
        ]
        return others[text.lowercased()] ?? suggestion(for: text, among: HTTPAPI.allCases.map(\.rawValue))
    }

    func spec(_ api: HTTPAPI, problems: inout Problems) -> HTTPSpec? {
        let key = key(api, problems: &problems)
        let headers = headers(problems: &problems)
        let url = url(api, problems: &problems)
        let model = model(api, problems: &problems)
        let chat = chat(api, problems: &problems)
        var dimensions: Int?
        if let node = http["dimensions"] {
            dimensions = node.count("`dimensions`", problems: &problems)
            if api == .chat {
                problems.add(node.line, "`dimensions` is for vectors, not for `api: chat`: take it out")
            }
        }
        guard let url, let endpoint = Endpoint(url: url, key: key, headers: headers) else { return nil }
        var spec = HTTPSpec(api: api, endpoint: endpoint, model: model)
        spec.dimensions = dimensions
        spec.chat = chat
        return spec
    }

    // MARK: Where it is

    private func url(_ api: HTTPAPI, problems: inout Problems) -> String? {
        guard let node = http["url"] else {
            if api.defaultURL == nil, !http.hasOrMeans("url") {
                problems.add(http.line, "`api: \(api)` needs `url`, as `\(api.exampleURL)`")
            }
            return api.defaultURL
        }
        guard let text = node.text("`url`", api.exampleURL, problems: &problems) else { return nil }
        guard Endpoint(url: text, key: nil) != nil, let parts = URLComponents(string: text) else {
            problems.add(
                node.line, "`url` must be an address of HTTP, as `\(api.exampleURL)`: found \(node.found)")
            return nil
        }
        if parts.user != nil || parts.password != nil {
            problems.add(node.line, "`url` must hold no password: write it as `key`, or in `headers`")
        }
        let path = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
        if let extra = api.requestPaths.first(where: { path.hasSuffix($0) }) {
            problems.add(
                node.line,
                "`url` is the base of the API, as `\(api.exampleURL)`: leave out the `\(extra)` at its end"
                    + (extra == "/v1" ? ", or write `api: openai`" : ""))
        }
        return text
    }

    private func key(_ api: HTTPAPI, problems: inout Problems) -> String? {
        guard let node = http["key"] else {
            let isElsewhere = http["url"] != nil || http["headers"] != nil
            if api.needsKey, !isElsewhere, !http.hasOrMeans("key") {
                problems.add(http.line, "`api: \(api)` needs `key`, as `\(api.exampleKey)`")
            }
            return nil
        }
        guard let key = node.text("`key`", api.exampleKey, problems: &problems) else { return nil }
        if key.isEmpty { problems.add(node.line, "`key` is empty: set the variable, or leave `key` out") }
        // What it is must not show.
        if !key.isHeader { problems.add(node.line, "`key` must be one line of letters, digits and signs") }
        return key
    }

    private func headers(problems: inout Problems) -> [String: String] {
        guard let node = http["headers"] else { return [:] }
        guard case .mapping(let entries) = node.content else {
            problems.add(node.line, "`headers` must be a mapping from names to values: found \(node.found)")
            return [:]
        }
        var headers: [String: String] = [:]
        for entry in entries {
            let isName = entry.key.utf8.allSatisfy { byte in
                0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
            if entry.key.isEmpty || !isName {
                problems.add(entry.line, "\(shown(entry.key)) is no name of a header, as `X-Team`")
            }
            if ["content-length", "transfer-encoding", "host", "connection"].contains(entry.key.lowercased())
            {
                problems.add(entry.line, "the header \(shown(entry.key)) is not yours to set: take it out")
            }
            guard case .scalar(let scalar) = entry.value.content, !entry.value.isNull, scalar.text.isHeader
            else {
                problems.add(
                    entry.line, "the header \(shown(entry.key)) must be a text of one line, as `search`")
                continue
            }
            headers[entry.key] = scalar.text
        }
        return headers
    }

    // MARK: What it is

    private func model(_ api: HTTPAPI, problems: inout Problems) -> String {
        let node =
            api == .tei
            ? http["model"] : http.required("model", api.exampleModel, problems: &problems)
        let model = node?.text("`model`", api.exampleModel, problems: &problems)
        if let node, model == "" {
            problems.add(node.line, "`model` must not be empty, as `\(api.exampleModel)`")
        }
        return model ?? ""
    }

    private func chat(_ api: HTTPAPI, problems: inout Problems) -> ChatSpec? {
        guard api == .chat else {
            for key in ["system", "prompt", "schema"] {
                guard let entry = http.entry(key) else { continue }
                problems.add(entry.line, "`\(key)` is for `api: chat`, this one is `\(api)`: take it out")
            }
            return nil
        }
        var chat = ChatSpec()
        chat.system = http["system"]?.text("`system`", "\"You label reviews.\"", problems: &problems)
        if let node = http["prompt"] {
            chat.prompt =
                node.text("`prompt`", "\"Label this: {{input}}\"", problems: &problems) ?? chat.prompt
            if !chat.prompt.contains(ChatSpec.input) {
                problems.add(node.line, "`prompt` must hold `{{input}}`, which stands for the text")
            }
        }
        if let entry = http.entry("schema") { chat.schema = AnswerSchema(entry, problems: &problems) }
        return chat
    }
}

extension String {
    /// It can be the value of a header.
    fileprivate var isHeader: Bool {
        utf8.allSatisfy { 0x20...0x7E ~= $0 }
    }
}
