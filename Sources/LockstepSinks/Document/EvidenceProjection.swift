import LockstepCore
import MongoBSON
import MongoDriver

/// The computed fields by which a query brings the evidence of listeners: values by their position, so that no field
/// name of the user's can clash and none comes twice, and what the sinks need beside.
package struct EvidenceProjection {
    private struct Part {
        /// Of the values of its keys.
        let places: [Int]
        let rule: InputRule
        let sink: any Sink
    }

    private let parts: [Part]
    private let paths: [FieldPath]
    private let withOutput: Bool

    /// - Parameter withOutput: the outputs themselves come too, of sinks in the document.
    package init(_ readers: [DocumentReader], withOutput: Bool = false) {
        var paths: [FieldPath] = []
        parts = readers.map { reader in
            let places = reader.listener.keys.map { key in
                if let known = paths.firstIndex(of: key) { return known }
                paths.append(key)
                return paths.count - 1
            }
            return Part(places: places, rule: reader.listener.inputRule, sink: reader.sink)
        }
        self.paths = paths
        self.withOutput = withOutput
    }

    package func append(to projection: inout BSONBuilder) {
        for (place, path) in paths.enumerated() { projection.append("$" + path.text, forKey: "i\(place)") }
        for (number, part) in parts.enumerated() {
            part.sink.project(&projection, as: number, withOutput: withOutput)
        }
    }

    /// One for each listener, in their order.
    package func evidence(in document: BSONView) -> [Evidence] {
        let values = paths.indices.map { place -> BSONValue in
            guard let element = document["i\(place)"], element.type != .undefined else { return .null }
            return BSONValue(copying: element)
        }
        return parts.enumerated().map { number, part in
            Evidence(
                input: part.rule.input(part.places.map { values[$0] }),
                stored: part.sink.evidence(in: document, as: number, withOutput: withOutput))
        }
    }
}
