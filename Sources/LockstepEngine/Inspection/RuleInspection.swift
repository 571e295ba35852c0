import LockstepCore
import LockstepSinks
import MongoBSON
import MongoDriver

/// A rule of a collection that will refuse outputs.
package struct RuleWarning: Sendable, Hashable {
    package let text: String
    /// No output can be stored; else perhaps some cannot.
    package let isCertain: Bool

    package init(text: String, isCertain: Bool) {
        self.text = text
        self.isCertain = isCertain
    }
}

extension CollectionRules {
    /// Warnings about the indexes that refuse some outputs at these paths.
    fileprivate func indexWarnings(_ paths: [FieldPath], collection: String) -> [RuleWarning] {
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

    /// The validator allows named fields only, and not Lockstep's.
    fileprivate var leavesOutLockstep: Bool {
        guard isStrict, let schema = validator?["$jsonSchema"]?.document,
            schema["additionalProperties"]?.bool == false, schema["patternProperties"] == nil
        else { return false }
        let known = schema["properties"]?.document
        return known?[OutputPlace.outputs] == nil || known?[OutputPlace.provenance] == nil
    }
}

/// Looks for what the rules of collections will refuse of listeners' outputs.
package struct RuleInspection {
    package let connection: Connection

    package init(connection: Connection) {
        self.connection = connection
    }

    /// Each warning once, of those that keep their outputs in the documents; blocks.
    package func warnings(about listeners: [Listener]) throws -> [RuleWarning] {
        var warnings: [RuleWarning] = []
        for listener in listeners where listener.store == nil {
            let name = listener.collection.name
            let rules = try connection.rules(of: name)
            let paths = [listener.outputPath, listener.provenancePath]
            if try rules.leavesOutLockstep || refuses(rules, paths, collection: name) {
                warnings.append(
                    RuleWarning(
                        text:
                            "the validator of `\(name)` refuses Lockstep's fields: allow `\(OutputPlace.outputs)` and `\(OutputPlace.provenance)` in it, or no prediction can be stored",
                        isCertain: true))
            }
            warnings += rules.indexWarnings(paths, collection: name)
        }
        var seen: Set<RuleWarning> = []
        return warnings.filter { seen.insert($0).inserted }
    }

    /// Whether the server refuses a document that the validator takes, with Lockstep's fields in it. False when there is
    /// no such document, or none is found in time.
    private func refuses(
        _ rules: CollectionRules, _ paths: [FieldPath], collection: String
    ) throws -> Bool {
        guard rules.isStrict, let validator = rules.validator else { return false }
        // The fields above the outputs, as they are or empty: what they will hold is not known before.
        let fields = BSONDocument(
            paths.compactMap(\.ancestors.last).map { path in
                (path, ["$ifNull": [BSONValue("$" + path), ["$literal": [:]]]])
            })
        let stages: [BSONDocument] = [
            ["$match": BSONValue(validator)], ["$limit": 1], ["$set": BSONValue(fields)],
            [
                "$facet": [
                    "before": [["$count": "n"]],
                    "after": [["$match": BSONValue(validator)], ["$count": "n"]],
                ]
            ],
        ]
        var isRefused = false
        do {
            try connection.query(Aggregate(collection, stages, maxTime: 2000)) { view in
                let found = view["before"]?.nested.map { $0.contains { _ in true } } ?? false
                let passes = view["after"]?.nested.map { $0.contains { _ in true } } ?? false
                isRefused = found && !passes
            }
        } catch let error as MongoError where error.source == .server && !error.isAboutRights {
            // It takes too long, or the validator is no stage of a pipeline.
            return false
        }
        return isRefused
    }
}
