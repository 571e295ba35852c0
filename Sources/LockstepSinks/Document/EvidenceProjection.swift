import LockstepCore
import MongoBSON
import MongoDriver

/// The computed fields by which a query brings the evidence of listeners: values by their position, so that no field
/// name of the user's can clash and none comes twice, and of the outputs only whether they are there.
package struct EvidenceProjection {
    private let listeners: [Listener]
    private let paths: [FieldPath]
    private let places: [[Int]]

    package init(_ listeners: [Listener]) {
        var paths: [FieldPath] = []
        places = listeners.map { listener in
            listener.keys.map { key in
                if let known = paths.firstIndex(of: key) { return known }
                paths.append(key)
                return paths.count - 1
            }
        }
        self.listeners = listeners
        self.paths = paths
    }

    package func append(to projection: inout BSONBuilder) {
        for (place, path) in paths.enumerated() { projection.append("$" + path.text, forKey: "i\(place)") }
        for (number, listener) in listeners.enumerated() {
            projection.append("$" + listener.provenancePath.text, forKey: "p\(number)")
            projection.document("o\(number)") { $0.append("$" + listener.outputPath.text, forKey: "$type") }
        }
    }

    /// One for each listener, in their order.
    package func evidence(in document: BSONView) -> [Evidence] {
        let values = paths.indices.map { place -> BSONValue in
            guard let element = document["i\(place)"], element.type != .undefined else { return .null }
            return BSONValue(copying: element)
        }
        return listeners.indices.map { number in
            let input = places[number].map { values[$0] }
            let provenance = document["p\(number)"]
            let output = document["o\(number)"]?.string
            return Evidence(
                input: input.allSatisfy { $0.type == .null } ? nil : input,
                hasOutput: output != "missing",
                hasProvenance: provenance != nil,
                provenance: Provenance(provenance),
                isWalled: provenance?.type == .array || (output == "array" && provenance == nil))
        }
    }
}
