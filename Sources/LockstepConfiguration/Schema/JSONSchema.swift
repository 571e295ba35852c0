extension ConfigurationSchema {
    /// The file's name beside a `lockstep.yaml`.
    package static let fileName = "lockstep.schema.json"

    /// A JSON Schema of `lockstep.yaml` (draft 2020-12), as editors and validators read it.
    package static var json: JSONText {
        .object(
            [
                ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
                ("title", .string("lockstep.yaml")),
            ] + file.json)
    }
}

extension MappingSchema {
    fileprivate var json: [(String, JSONText)] {
        var fields: [(String, JSONText)] = [
            ("description", .string(about)), ("type", .string("object")),
            ("properties", .object(keys.map { ($0.name, $0.json) })),
        ]
        let required = keys.filter(\.isRequired).map { JSONText.string($0.name) }
        if !required.isEmpty { fields.append(("required", .list(required))) }
        let dependent = keys.compactMap { key in
            key.onlyWith.map { (key.name, JSONText.list([.string($0)])) }
        }
        if !dependent.isEmpty { fields.append(("dependentRequired", .object(dependent))) }
        if !alternatives.isEmpty {
            fields.append(
                ("oneOf", .list(alternatives.map { .object([("required", .list([.string($0)]))]) })))
        }
        return fields + [("additionalProperties", .bool(false))]
    }
}

extension KeySchema {
    fileprivate var json: JSONText {
        let fields = value.json.filter { $0.0 != "description" }
        return .object([("description", .string(about))] + fields)
    }
}

extension ValueSchema {
    /// A variable that is filled in when the file is read.
    private static let variable = JSONText.object([
        ("type", .string("string")), ("pattern", .string(#"\$\{"#)),
    ])
    private static let plain: [(String, JSONText)] = [
        ("type", .list([.string("string"), .string("number"), .string("boolean")]))
    ]

    fileprivate var json: [(String, JSONText)] {
        switch self {
        case .text: Self.plain
        case .number(let range):
            Self.orVariable(
                [("type", .string("integer")), ("minimum", .number(range.lowerBound))]
                    + (range.upperBound == .max ? [] : [("maximum", .number(range.upperBound))]))
        case .duration:
            Self.orVariable([
                ("type", .string("string")), ("pattern", .string(#"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$"#)),
            ])
        case .choice(let choices): Self.orVariable([("enum", .list(choices.map { .string($0) }))])
        case .list(let value):
            [("type", .string("array")), ("items", .object(value.json)), ("minItems", .number(1))]
        case .textOrTexts:
            [("anyOf", .list([.object(Self.plain), .object(ValueSchema.list(of: .text).json)]))]
        case .mapping(let mapping): mapping.json
        case .names(let value):
            [("type", .string("object")), ("additionalProperties", .object(value.json))]
        case .filter: [("type", .string("object"))]
        case .off(let value):
            // `off` is a text in YAML 1.2 and false in YAML 1.1.
            [
                (
                    "anyOf",
                    .list([
                        .object([("enum", .list([.string("off"), .string("on"), .bool(false), .bool(true)]))]
                        ),
                        .object(value.json),
                    ])
                )
            ]
        }
    }

    private static func orVariable(_ fields: [(String, JSONText)]) -> [(String, JSONText)] {
        [("anyOf", .list([.object(fields), variable]))]
    }
}
