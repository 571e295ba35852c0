import Lockstep

/// What `lockstep init` proposes for a database.
struct Proposal: Equatable {
    struct Field: Equatable {
        var collection: String
        var key: String
        /// What the values are like, without saying them: `about 120 characters, 20 words`.
        var shape: String
        /// Why not; nil when it is proposed.
        var reason: String?
    }

    /// Texts that no listener on this model can read.
    struct Unreachable: Equatable {
        var collection: String
        /// A path, or what the texts stand under.
        var place: String
        var reason: String
    }

    struct SkippedCollection: Equatable {
        var name: String
        var reason: String
    }

    var listeners: [Field] = []
    var passed: [Field] = []
    var unreachable: [Unreachable] = []
    var collections: [SkippedCollection] = []

    /// Fields that are not proposed and named, of one collection.
    private static let mostTold = 20
}

extension Proposal {
    /// The field that the file has a listener for where none is proposed.
    var example: Field? { listeners.isEmpty ? passed.first : nil }

    /// Why there is nothing to propose, where no field was even passed over.
    var nothingFound: String {
        unreachable.isEmpty
            ? "No field with texts was found" : "No field with texts that this model can read was found"
    }

    mutating func add(_ statistics: CollectionStatistics) {
        guard statistics.documents > 0 else {
            collections.append(SkippedCollection(name: statistics.name, reason: "is empty"))
            return
        }
        var told = 0
        var parents: Set<String> = []
        var isTextual = false
        for key in statistics.order {
            guard let field = statistics.fields[key] else { continue }
            let shape = Self.shape(field)
            switch FieldVerdict(field, key: key, documents: statistics.documents) {
            case .propose:
                isTextual = true
                listeners.append(Field(collection: statistics.name, key: key, shape: shape))
            case .pass(let reason):
                isTextual = true
                told += 1
                if told <= Self.mostTold {
                    passed.append(
                        Field(collection: statistics.name, key: key, shape: shape, reason: reason))
                }
            case .outOfReach(let reason):
                isTextual = true
                tell(statistics.name, key, reason, &told)
            case .rare:
                let parent = key.split(separator: ".").dropLast().joined(separator: ".")
                guard parents.insert(parent).inserted else { continue }
                isTextual = true
                tell(
                    statistics.name, parent,
                    "texts under names that are rare each, as where names are data: no key is common to the documents",
                    &told)
            case .ignore: break
            }
        }
        if statistics.hasMore {
            tell(statistics.name, "…", "more fields than are told apart", &told)
        }
        if !isTextual {
            collections.append(SkippedCollection(name: statistics.name, reason: "has no field with texts"))
        }
    }

    private mutating func tell(
        _ collection: String, _ place: String, _ reason: String, _ told: inout Int
    ) {
        told += 1
        guard told <= Self.mostTold else { return }
        unreachable.append(Unreachable(collection: collection, place: place, reason: reason))
    }

    private static func shape(_ field: FieldStatistics) -> String {
        let texts = max(1, field.texts)
        let words = (field.words + texts / 2) / texts
        let characters = (field.characters + texts / 2) / texts
        let length = "about \(Terminal.count(characters, "character"))"
        return words == 0 ? length : "\(length), \(Terminal.count(words, "word"))"
    }
}
