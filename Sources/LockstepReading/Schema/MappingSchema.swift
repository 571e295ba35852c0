/// A mapping of `lockstep.yaml`: the keys it may have.
package struct MappingSchema: Sendable {
    /// One sentence for people.
    package var about: String
    /// In the order to name them.
    package var keys: [KeySchema]
    /// What people write instead of a key.
    package var synonyms: [String: String]
    /// Of these keys exactly one must be there.
    package var alternatives: [String]

    package init(
        about: String, keys: [KeySchema], synonyms: [String: String] = [:], alternatives: [String] = []
    ) {
        self.about = about
        self.keys = keys
        self.synonyms = synonyms
        self.alternatives = alternatives
    }

    package var names: [String] { keys.map(\.name) }
}

package struct KeySchema: Sendable {
    package let name: String
    package let value: ValueSchema
    /// One sentence for people.
    package var about: String
    package let isRequired: Bool
    /// The keys of which one must be there too; none when it stands by itself.
    package var onlyWith: [String] = []

    package init(_ name: String, _ value: ValueSchema, _ about: String, isRequired: Bool = false) {
        self.name = name
        self.value = value
        self.about = about
        self.isRequired = isRequired
    }
}

/// What may stand behind a key.
package indirect enum ValueSchema: Sendable {
    /// Numbers and the like are taken as they are written.
    case text
    /// A whole number.
    case number(ClosedRange<Int>)
    /// A length of time with its unit.
    case duration
    case choice([String])
    /// `true` or `false`.
    case flag
    /// A number that is no less than zero.
    case amount
    /// So many in so long: `3000/m`, `1M/h`.
    case rate
    /// An amount for all time, or in so long: `5`, `5/day`.
    case budget
    /// Any value.
    case anything
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
