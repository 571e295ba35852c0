import Lockstep
import LockstepReading

/// Reads `mongodb`.
enum MongoReader {
    static func read(_ node: YAMLNode, problems: inout Problems) -> Configuration.MongoSpec? {
        guard
            let mongodb = MappingReader(
                node, "`mongodb`", ConfigurationSchema.mongodb, problems: &problems)
        else { return nil }
        let problemsBefore = problems.all.count
        var uri: String?
        if let node = mongodb.required("uri", "uri: mongodb://127.0.0.1:27017", problems: &problems) {
            uri = node.text("`uri`", "mongodb://127.0.0.1:27017", problems: &problems)
            for problem in uri.map(uriProblems) ?? [] { problems.add(node.line, "`uri`: \(problem)") }
        }
        if let node = mongodb["database"] {
            guard let name = node.text("`database`", "shop", problems: &problems) else { return nil }
            if let problem = databaseProblem(name) {
                problems.add(node.line, "the database's name \(node.found) \(problem)")
            }
            return Configuration.MongoSpec(uri: uri ?? "", database: name)
        }
        // An URI that could not be read may name the database.
        guard problems.all.count == problemsBefore, let uri else {
            return nil
        }
        if let name = database(ofURI: uri), !name.isEmpty {
            if let problem = databaseProblem(name) {
                problems.add(mongodb["uri"]?.line, "the database's name in the URI \(problem)")
            }
            return Configuration.MongoSpec(uri: uri, database: name)
        }
        _ = mongodb.required("database", "database: shop", problems: &problems)
        return nil
    }
}

/// Why MongoDB takes no database of that name, to be put after it.
private func databaseProblem(_ name: String) -> String? {
    if name.isEmpty { return "must not be empty" }
    if name.utf8.count > 63 { return "is longer than MongoDB's 63 bytes" }
    if ["admin", "local", "config"].contains(name) { return "is MongoDB's own: choose another database" }
    if name.utf8.contains(0) { return "must not hold a NUL byte" }
    if let character = name.first(where: { "/\\. \"$*<>:|?".contains($0) }) {
        return "must not hold `\(character)`"
    }
    return nil
}
