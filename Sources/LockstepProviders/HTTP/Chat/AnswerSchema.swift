import LockstepReading

/// What an answer of a chat model has to be: a JSON Schema, of the keywords that ``SchemaCheck`` knows.
package struct AnswerSchema: Hashable, Sendable {
    let json: JSON

    /// A member that holds an answer which is no object, since providers take only schemas of objects.
    private static let wrapper = "value"

    /// Nil, with problems, when it is no schema, or has keywords that are not checked.
    init?(_ entry: YAMLNode.Entry, problems: inout Problems) {
        guard let json = JSON(entry.value), json.members != nil else {
            problems.add(
                entry.line,
                "`schema` must be a JSON Schema, as `{type: string, enum: [good, bad]}`: found \(entry.value.found)"
            )
            return nil
        }
        let found = SchemaCheck.problems(of: json)
        for problem in found { problems.add(entry.line, "`schema`: \(problem)") }
        guard found.isEmpty else { return nil }
        self.json = json
    }

    init(_ json: JSON) {
        self.json = json
    }

    private var isWrapped: Bool {
        json["type"]?.string != "object"
    }

    private var sent: JSON {
        guard isWrapped else { return json }
        return [
            "type": "object", "properties": .object([.init(Self.wrapper, json)]),
            "required": [.string(Self.wrapper)], "additionalProperties": false,
        ]
    }

    /// As requests carry it. `strict` wants every member required and no other allowed: it is said where that is so.
    var responseFormat: JSON {
        [
            "type": "json_schema",
            "json_schema": ["name": "answer", "strict": .bool(Self.isStrict(sent)), "schema": sent],
        ]
    }

    private static func isStrict(_ schema: JSON) -> Bool {
        let parts = (schema["anyOf"]?.elements ?? []) + [schema["items"]].compactMap { $0 }
        let members = schema["properties"]?.members ?? []
        guard (parts + members.map(\.value)).allSatisfy(isStrict) else { return false }
        guard schema["type"]?.string == "object" || !members.isEmpty else { return true }
        let required = Set((schema["required"]?.elements ?? []).compactMap(\.string))
        return schema["additionalProperties"] == .bool(false)
            && members.allSatisfy { required.contains($0.name) }
    }

    /// The answer itself, if it fits. Models that ignore the wrapping are understood, too.
    func unwrapped(_ answer: JSON) -> Result<JSON, Misfit> {
        guard isWrapped, let members = answer.members, members.count == 1, members[0].name == Self.wrapper
        else {
            return checked(answer)
        }
        return checked(members[0].value)
    }

    private func checked(_ value: JSON) -> Result<JSON, Misfit> {
        SchemaCheck.misfit(value, json).map { .failure($0) } ?? .success(value)
    }
}

extension JSON {
    /// What YAML says. Nil where a mapping has something else than texts for names.
    init?(_ node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar): self = JSON(scalar, isNull: node.isNull)
        case .list(let nodes):
            let elements = nodes.compactMap(JSON.init)
            guard elements.count == nodes.count else { return nil }
            self = .array(elements)
        case .mapping(let entries):
            let members = entries.compactMap { entry in JSON(entry.value).map { Member(entry.key, $0) } }
            guard members.count == entries.count else { return nil }
            self = .object(members)
        }
    }

    private init(_ scalar: YAMLNode.Scalar, isNull: Bool) {
        if isNull {
            self = .null
        } else if !scalar.isPlain {
            self = .string(scalar.text)
        } else if let flag = Bool(scalar.text.lowercased()) {
            self = .bool(flag)
        } else if let number = Int(scalar.text) {
            self = .int(number)
        } else if let number = Double(scalar.text), number.isFinite {
            self = .number(number)
        } else {
            self = .string(scalar.text)
        }
    }
}
