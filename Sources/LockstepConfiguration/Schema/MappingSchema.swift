/// A mapping of `lockstep.yaml`: the keys it may have.
struct MappingSchema: Sendable {
    /// One sentence for people.
    let about: String
    /// In the order to name them.
    let keys: [KeySchema]
    /// What people write instead of a key.
    var synonyms: [String: String] = [:]
    /// Of these keys exactly one must be there.
    var alternatives: [String] = []

    var names: [String] { keys.map(\.name) }

    /// The keys that make sense beside this one alone.
    func names(onlyWith key: String) -> [String] {
        keys.filter { $0.onlyWith == key }.map(\.name)
    }
}

struct KeySchema: Sendable {
    let name: String
    let value: ValueSchema
    /// One sentence for people.
    let about: String
    var isRequired = false
    /// The key without which this one makes no sense.
    var onlyWith: String?

    init(
        _ name: String, _ value: ValueSchema, _ about: String, isRequired: Bool = false,
        onlyWith: String? = nil
    ) {
        self.name = name
        self.value = value
        self.about = about
        self.isRequired = isRequired
        self.onlyWith = onlyWith
    }
}

/// What may stand behind a key.
indirect enum ValueSchema: Sendable {
    /// Numbers and the like are taken as they are written.
    case text
    /// A whole number.
    case number(ClosedRange<Int>)
    /// A length of time with its unit.
    case duration
    case choice([String])
    case list(of: ValueSchema)
    /// One text, or a list of them.
    case textOrTexts
    case mapping(MappingSchema)
    /// A mapping from names of one's own.
    case names(of: ValueSchema)
    /// A filter of MongoDB's.
    case filter
    /// `off`, or the value.
    case off(or: ValueSchema)
}
