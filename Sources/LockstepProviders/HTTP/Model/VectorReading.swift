import Foundation

extension JSON {
    /// A vector: numbers, or the bytes of floats in base64. Nil when it is neither.
    var vector: [Float]? {
        switch self {
        case .floats(let numbers): return numbers
        case .array(let elements):
            // Elements that are no numbers of JSON's are told as what they are.
            return elements.isEmpty ? [] : nil
        case .string(let text):
            guard let data = Data(base64Encoded: text), data.count.isMultiple(of: 4) else { return nil }
            return data.withUnsafeBytes { raw in
                (0..<raw.count / 4).map {
                    Float(
                        bitPattern: UInt32(
                            littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
                }
            }
        default: return nil
        }
    }

    /// A list of vectors, one for each text, in their order.
    func vectors(count: Int) throws(BadAnswer) -> [[Float]] {
        // An empty list of vectors and a list of numbers look alike.
        guard let elements = isList ? elements : nil else { throw BadAnswer("answered no list of vectors") }
        guard elements.count == count else { throw .count(elements.count, count) }
        var vectors: [[Float]] = []
        vectors.reserveCapacity(count)
        for element in elements {
            guard let vector = element.vector else { throw BadAnswer("answered something that is no vector") }
            vectors.append(vector)
        }
        return vectors
    }

    private var isList: Bool {
        if case .array = self { true } else { false }
    }

    /// A list of objects that each have a vector and the `index` of its text; without any `index`, in the order of the texts.
    func indexedVectors(count: Int) throws(BadAnswer) -> [[Float]] {
        guard case .array(let elements) = self else { throw BadAnswer("answered no list of vectors") }
        guard elements.count == count else { throw .count(elements.count, count) }
        let hasIndex = elements.contains { $0.index != nil }
        var vectors = [[Float]?](repeating: nil, count: count)
        for (place, element) in elements.enumerated() {
            guard let vector = element["embedding"]?.vector else {
                throw BadAnswer("answered something that is no vector")
            }
            // The place in the list says nothing where an index tells another order.
            guard let index = hasIndex ? element.index?.int : place else {
                throw BadAnswer(
                    element.index == nil
                        ? "answered vectors of which some have an `index` and some have none: which text is whose cannot be told"
                        : "answered a vector whose `index` is no whole number: which text is whose cannot be told"
                )
            }
            guard vectors.indices.contains(index), vectors[index] == nil else {
                throw BadAnswer(
                    "answered two vectors for one text, or one for none: index \(index) of \(count)")
            }
            vectors[index] = vector
        }
        return vectors.compactMap { $0 }
    }

    /// Nil where there is none, or it is null.
    private var index: JSON? {
        let index = self["index"]
        return index == .null ? nil : index
    }
}

extension BadAnswer {
    fileprivate static func count(_ found: Int, _ wanted: Int) -> BadAnswer {
        BadAnswer(
            "answered \(found) vector\(found == 1 ? "" : "s") to \(wanted) text\(wanted == 1 ? "" : "s")")
    }
}
