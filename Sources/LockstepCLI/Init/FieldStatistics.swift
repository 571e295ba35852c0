import Lockstep
import LockstepCore
import LockstepSinks

/// What a sample of a collection's documents tells of one field: numbers only, no values.
struct FieldStatistics: Equatable {
    /// Documents that have the field, and those of them where it is a text.
    var present = 0
    var texts = 0
    var arrays = 0
    /// Arrays of texts alone.
    var textArrays = 0
    /// It stands in documents within an array.
    var isInsideArray = false
    /// Of the texts.
    var characters = 0
    var words = 0
    var kinds: [TextShape.Kind: Int] = [:]
    var distinct: Set<Int> = []

    mutating func add(_ text: String) {
        let shape = TextShape(text)
        texts += 1
        characters += shape.characters
        words += shape.words
        kinds[shape.kind, default: 0] += 1
        distinct.insert(text.hashValue)
    }
}

/// The fields of a collection, from a sample of its documents.
struct CollectionStatistics: Equatable {
    let name: String
    /// That were looked at.
    private(set) var documents = 0
    private(set) var fields: [String: FieldStatistics] = [:]
    /// In the order in which they were met.
    private(set) var order: [String] = []
    /// More fields than are kept apart: keys that are data, perhaps.
    private(set) var hasMore = false

    private static let mostFields = 1000
    private static let deepest = 8
    /// Elements of an array that are looked at.
    private static let mostElements = 20

    init(_ name: String) {
        self.name = name
    }

    mutating func add(_ document: BSONDocument) {
        documents += 1
        document.withView { add($0, under: "", depth: 1, isInsideArray: false) }
    }

    /// No field of the application's.
    private static let passed: Set<String> = ["_id", OutputPlace.outputs, OutputPlace.provenance]

    private mutating func add(_ view: BSONView, under prefix: String, depth: Int, isInsideArray: Bool) {
        for element in view {
            let name = element.name
            if depth == 1, Self.passed.contains(name) { continue }
            // A dot within a name is no path.
            guard !name.contains("."), !name.contains("\u{FFFD}"), FieldPath(prefix + name).problem == nil
            else {
                continue
            }
            let path = prefix + name
            switch element.type {
            case .null, .undefined: continue
            case .document:
                note(path) { _ in }
                if let nested = element.nested, depth < Self.deepest {
                    add(nested, under: path + ".", depth: depth + 1, isInsideArray: isInsideArray)
                }
            case .array: addArray(element.nested ?? .empty, path, depth, isInsideArray)
            default:
                note(path) { field in
                    field.isInsideArray = field.isInsideArray || isInsideArray
                    if let text = element.string { field.add(text) }
                }
            }
        }
    }

    private mutating func addArray(_ array: BSONView, _ path: String, _ depth: Int, _ isInsideArray: Bool) {
        var elements = 0
        var texts = 0
        for element in array.lazy.prefix(Self.mostElements) {
            elements += 1
            if element.type == .string { texts += 1 }
            if element.type == .document, let nested = element.nested, depth < Self.deepest {
                add(nested, under: path + ".", depth: depth + 1, isInsideArray: true)
            }
        }
        note(path) { field in
            field.arrays += 1
            field.isInsideArray = field.isInsideArray || isInsideArray
            if elements > 0, texts == elements { field.textArrays += 1 }
        }
    }

    private mutating func note(_ path: String, _ body: (inout FieldStatistics) -> Void) {
        if fields[path] == nil {
            guard order.count < Self.mostFields else {
                hasMore = true
                return
            }
            order.append(path)
        }
        fields[path, default: FieldStatistics()].present += 1
        body(&fields[path, default: FieldStatistics()])
    }
}
