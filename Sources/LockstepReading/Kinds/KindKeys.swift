/// The keys that a kind of provider, or of sink, brings to a mapping of `lockstep.yaml`.
package struct KindKeys: Sendable {
    /// Selects the kind by being there. Nil for the kind that is taken where no key selects another.
    package let selector: KeySchema?
    /// The other keys that are its own.
    package let options: [KeySchema]
    /// What people write instead of its keys.
    package let synonyms: [String: String]

    package init(selector: KeySchema?, options: [KeySchema] = [], synonyms: [String: String] = [:]) {
        self.selector = selector
        self.options = options
        self.synonyms = synonyms
    }

    /// Where the mapping selects this kind; nil when it does not.
    package func selection(in mapping: MappingReader) -> YAMLNode.Entry? {
        selector.flatMap { mapping.entry($0.name) }
    }

    /// True when the mapping selects this kind, or has a key that probably means it.
    package func isMeant(in mapping: MappingReader) -> Bool {
        selector.map { mapping.hasOrMeans($0.name) } ?? false
    }

    /// Entries of a mapping of this kind that only others know, each with the keys that select these.
    package func strays(
        in mapping: MappingReader, among kinds: [KindKeys]
    ) -> [(entry: YAMLNode.Entry, selectors: [String])] {
        let own = Set(options.map(\.name))
        return kinds.sharedOptions.compactMap { option in
            guard !own.contains(option.name), let entry = mapping.entry(option.name) else { return nil }
            return (entry, option.onlyWith)
        }
    }
}

extension [KindKeys] {
    /// The options of all kinds, each once, with the keys that it makes sense with.
    fileprivate var sharedOptions: [KeySchema] {
        var merged: [KeySchema] = []
        for kind in self {
            for var option in kind.options {
                option.onlyWith = kind.selector.map { [$0.name] } ?? []
                guard let place = merged.firstIndex(where: { $0.name == option.name }) else {
                    merged.append(option)
                    continue
                }
                merged[place].onlyWith += option.onlyWith
                if !merged[place].about.contains(option.about) { merged[place].about += " " + option.about }
            }
        }
        return merged
    }
}

extension MappingSchema {
    /// The mapping with the keys of these kinds. Where it has to select one, the selecting keys come first.
    package func with(_ kinds: [KindKeys]) -> MappingSchema {
        let selectors = kinds.compactMap(\.selector)
        let isOneNeeded = selectors.count == kinds.count
        var schema = self
        schema.keys = (isOneNeeded ? selectors + keys : keys + selectors) + kinds.sharedOptions
        for kind in kinds { schema.synonyms.merge(kind.synonyms) { first, _ in first } }
        if isOneNeeded { schema.alternatives = selectors.map(\.name) }
        return schema
    }
}
