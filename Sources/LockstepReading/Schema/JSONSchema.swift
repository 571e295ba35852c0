extension MappingSchema {
    /// A JSON Schema of the mapping (draft 2020-12), as editors and validators read it.
    package func document(title: String) -> JSONText {
        .object(
            [
                ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
                ("title", .string(title)),
            ] + json)
    }

    fileprivate var json: [(String, JSONText)] {
        var fields: [(String, JSONText)] = [
            ("description", .string(about)), ("type", .string("object")),
            ("properties", .object(keys.map { ($0.name, $0.json) })),
        ]
        let required = keys.filter(\.isRequired).map { JSONText.string($0.name) }
        if !required.isEmpty { fields.append(("required", .list(required))) }
        let withOne = keys.filter { $0.onlyWith.count == 1 }
        if !withOne.isEmpty {
            let needed = withOne.map { ($0.name, JSONText.list($0.onlyWith.map { .string($0) })) }
            fields.append(("dependentRequired", .object(needed)))
        }
        let withAny = keys.filter { $0.onlyWith.count > 1 }
        if !withAny.isEmpty {
            let needed = withAny.map { ($0.name, Self.oneOf("anyOf", $0.onlyWith)) }
            fields.append(("dependentSchemas", .object(needed.map { ($0, .object([$1])) })))
        }
        if !alternatives.isEmpty { fields.append(Self.oneOf("oneOf", alternatives)) }
        return fields + [("additionalProperties", .bool(false))]
    }

    private static func oneOf(_ word: String, _ keys: [String]) -> (String, JSONText) {
        (word, .list(keys.map { .object([("required", .list([.string($0)]))]) }))
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
        case .flag: Self.orVariable([("type", .string("boolean"))])
        case .amount: Self.orVariable([("type", .string("number")), ("minimum", .number(0))])
        case .rate:
            Self.orVariable([
                ("type", .string("string")), ("pattern", .string(#"^[0-9]+(\.[0-9]+)?[kKM]?/[smhd]$"#)),
            ])
        case .budget:
            [
                (
                    "anyOf",
                    .list([
                        .object([("type", .string("number")), ("minimum", .number(0))]),
                        .object([
                            ("type", .string("string")),
                            ("pattern", .string(#"^[0-9]+(\.[0-9]+)?(/(hour|day|month))?$"#)),
                        ]), Self.variable,
                    ])
                )
            ]
        case .anything: []
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
