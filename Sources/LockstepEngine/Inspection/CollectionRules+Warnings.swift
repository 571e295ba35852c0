import LockstepCore
import MongoBSON
import MongoDriver

/// What of a collection's rules is known beforehand to refuse outputs.
package struct RuleWarning: Sendable, Hashable {
    package let text: String
    /// No output can be stored; else some, perhaps.
    package let isCertain: Bool

    package init(text: String, isCertain: Bool) {
        self.text = text
        self.isCertain = isCertain
    }
}

extension CollectionRules {
    /// The indexes that not every output at these paths fits into.
    package func indexWarnings(_ paths: [FieldPath], collection: String) -> [RuleWarning] {
        indexes.compactMap { index in
            let covered = index.fields.first { field in
                paths.contains { pathsOverlap(Array(field.path.utf8), Array($0.text.utf8)) }
            }
            guard let covered else { return nil }
            let kind = index.isUnique ? "unique" : covered.kind
            guard !kind.isEmpty else { return nil }
            return RuleWarning(
                text:
                    "the \(kind) index `\(index.name)` on `\(collection)` includes `\(covered.path)`: MongoDB refuses outputs that do not fit into it, which are parked then. Drop it, unless that is what it is for",
                isCertain: false)
        }
    }

    /// The validator names the fields that a document may have, and Lockstep's are not among them.
    package var leavesOutLockstep: Bool {
        guard isStrict, let schema = validator?["$jsonSchema"]?.document,
            schema["additionalProperties"]?.bool == false, schema["patternProperties"] == nil
        else { return false }
        let known = schema["properties"]?.document
        return known?[OutputPlace.outputs] == nil || known?[OutputPlace.provenance] == nil
    }
}

extension Connection {
    /// Whether a document that the validator takes is refused with Lockstep's fields in it: the server decides. False
    /// when there is no such document, or none is found soon.
    package func refuses(
        _ rules: CollectionRules, _ paths: [FieldPath], collection: String
    ) throws -> Bool {
        guard rules.isStrict, let validator = rules.validator else { return false }
        // The fields above the outputs, as they are or empty: what stands in them is not known before.
        let fields = BSONDocument(
            paths.compactMap(\.ancestors.last).map { path in
                (path, ["$ifNull": [BSONValue("$" + path), ["$literal": [:]]]])
            })
        var command = BSONBuilder()
        command.append(collection, forKey: "aggregate")
        let stages: [BSONDocument] = [
            ["$match": BSONValue(validator)], ["$limit": 1], ["$set": BSONValue(fields)],
            [
                "$facet": [
                    "before": [["$count": "n"]],
                    "after": [["$match": BSONValue(validator)], ["$count": "n"]],
                ]
            ],
        ]
        command.append(BSONValue(stages.map { BSONValue($0) }), forKey: "pipeline")
        command.document("cursor") { _ in }
        command.append(2000, forKey: "maxTimeMS")
        var isRefused = false
        do {
            try query(command, collection: collection, operation: "aggregate") { view in
                let found = view["before"]?.nested.map { $0.contains { _ in true } } ?? false
                let passes = view["after"]?.nested.map { $0.contains { _ in true } } ?? false
                isRefused = found && !passes
            }
        } catch let error as MongoError where error.source == .server && !error.isAboutRights {
            // Out of time, or a validator that is no stage of a pipeline.
            return false
        }
        return isRefused
    }
}
