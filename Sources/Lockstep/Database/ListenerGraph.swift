/// The rules between listeners: what may stand beside what, and in which order they run.
package enum ListenerGraph {
    /// A rule that is broken, by the listeners' places.
    package struct Problem: Sendable, Hashable {
        package let listener: Int
        /// The other listener of a pair.
        package let other: Int?
        package let message: String
    }

    /// What the graph needs to know of a listener.
    package struct Node: Sendable {
        package let collection: String
        package let keys: [FieldPath]
        package let outputPath: FieldPath

        package init(collection: String, keys: [FieldPath], outputPath: FieldPath) {
            self.collection = collection
            self.keys = keys
            self.outputPath = outputPath
        }
    }

    /// Every broken rule at once.
    package static func problems(_ nodes: [Node]) -> [Problem] {
        overlaps(nodes) + orphans(nodes) + cycles(nodes)
    }

    private static func overlaps(_ nodes: [Node]) -> [Problem] {
        var problems: [Problem] = []
        for (index, node) in nodes.enumerated() {
            for other in 0..<index where nodes[other].collection == node.collection {
                guard node.outputPath.overlaps(nodes[other].outputPath) else { continue }
                problems.append(
                    Problem(
                        listener: index, other: other,
                        message:
                            "the output `\(node.outputPath)` overlaps `\(nodes[other].outputPath)` of another listener on `\(node.collection)`: name one of them with `as`"
                    ))
            }
        }
        return problems
    }

    private static func orphans(_ nodes: [Node]) -> [Problem] {
        var problems: [Problem] = []
        for (index, node) in nodes.enumerated() {
            for key in node.keys where key.components.first == "_outputs" {
                let writers = nodes.filter { $0.collection == node.collection && $0.outputPath.overlaps(key) }
                guard writers.isEmpty else { continue }
                let known = nodes.filter { $0.collection == node.collection }.map { "`\($0.outputPath)`" }
                    .sorted()
                problems.append(
                    Problem(
                        listener: index, other: nil,
                        message:
                            "no listener on `\(node.collection)` writes `\(key)`; there are \(known.joined(separator: ", "))"
                    ))
            }
        }
        return problems
    }

    private static func cycles(_ nodes: [Node]) -> [Problem] {
        // Depth first; a listener met again on its own way closes a cycle.
        var problems: [Problem] = []
        var done: Set<Int> = []
        func visit(_ index: Int, _ way: [Int]) {
            if let start = way.firstIndex(of: index) {
                let cycle = way[start...] + [index]
                let names = cycle.map { "`\(nodes[$0].outputPath)`" }.joined(separator: " → ")
                problems.append(
                    Problem(
                        listener: index, other: nil,
                        message:
                            "listeners feed each other in a cycle: \(names); one of them must read something else"
                    ))
                return
            }
            guard !done.contains(index) else { return }
            for reader in nodes.indices
            where nodes[reader].collection == nodes[index].collection
                && nodes[reader].keys.contains(where: { $0.overlaps(nodes[index].outputPath) })
            {
                visit(reader, way + [index])
            }
            done.insert(index)
        }
        for index in nodes.indices { visit(index, []) }
        return problems
    }
}

extension ListenerGraph.Node {
    init(_ listener: Listener) {
        self.init(collection: listener.collection.name, keys: listener.keys, outputPath: listener.outputPath)
    }
}

/// Why a name cannot be a part of an output's path, or nil when it can.
package func nameProblem(_ name: String, of what: String) -> String? {
    if name.isEmpty { return "\(what) must have a name" }
    if name.utf8.contains(0) { return "\(what) must not hold a NUL byte" }
    if name.contains(".") && what != "`as`" {
        return "\(what) `\(name)` must not contain dots: it is one part of a path"
    }
    if name.hasPrefix("$") {
        return "\(what) `\(name)` must not begin with `$`, which MongoDB keeps for operators"
    }
    return nil
}

extension Listener {
    /// What is wrong with the listener itself.
    var problems: [String] {
        var problems = keys.compactMap(\.problem)
        for (index, key) in keys.enumerated() {
            if let other = keys[..<index].first(where: { $0.overlaps(key) }) {
                problems.append(
                    "the keys `\(other)` and `\(key)` lie within each other: the outer one brings both")
            }
        }
        if keys.isEmpty { problems.append("a listener needs a key") }
        if let problem = nameProblem(model.name, of: "the model") { problems.append(problem) }
        if let name, let problem = FieldPath(name).problem { problems.append("as: " + problem) }
        if name == nil, keys.count > 1 || keys.first?.components.first == "_outputs" {
            problems.append("`as` is required when the key is a list or another listener's output")
        }
        if collection.name.isEmpty || collection.name.contains("$") || collection.name.utf8.contains(0) {
            problems.append("`\(collection.name)` is no name for a collection")
        }
        if collection.name.hasPrefix("lockstep.") || collection.name.hasPrefix("system.") {
            problems.append("`\(collection.name)` is not for documents of yours")
        }
        return problems
    }
}
