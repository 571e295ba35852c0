import MongoBSON

/// How listeners of a database stand to each other; what is wrong with that is for the caller to say.
package struct ListenerGraph {
    /// What the graph needs to know of a listener.
    package struct Node: Sendable {
        package let collection: String
        package let keys: [FieldPath]
        /// The fields that its filter reads.
        package let filterPaths: [FieldPath]
        package let outputPath: FieldPath

        package init(collection: String, keys: [FieldPath], filter: BSONDocument?, outputPath: FieldPath) {
            self.collection = collection
            self.keys = keys
            filterPaths = FilterPaths(filter).paths
            self.outputPath = outputPath
        }
    }

    package let nodes: [Node]

    package init(_ nodes: [Node]) {
        self.nodes = nodes
    }

    /// Pairs that would write at one place, or one inside the other's prediction; the later one first.
    package var clashes: [(later: Int, earlier: Int)] {
        nodes.indices.compactMap { later in
            nodes[..<later].indices.first { earlier in
                nodes[earlier].collection == nodes[later].collection
                    && nodes[earlier].outputPath.overlaps(nodes[later].outputPath)
            }.map { (later, $0) }
        }
    }

    /// True when a change of the writer's output changes the reader's input, or whether it has one.
    package func reads(_ reader: Int, outputOf writer: Int) -> Bool {
        nodes[reader].collection == nodes[writer].collection
            && (nodes[reader].keys + nodes[reader].filterPaths).contains {
                $0.overlaps(nodes[writer].outputPath)
            }
    }

    /// The listeners that read what this one writes.
    package func dependents(of writer: Int) -> [Int] {
        nodes.indices.filter { $0 != writer && reads($0, outputOf: writer) }
    }

    /// Keys of outputs that no listener of the collection writes.
    package var strayKeys: [(listener: Int, key: FieldPath)] {
        nodes.indices.flatMap { index in
            nodes[index].keys.filter { key in
                key.isOutput
                    && !nodes.contains {
                        $0.collection == nodes[index].collection
                            && (key == $0.outputPath || key.text.hasPrefix($0.outputPath.text + "."))
                    }
            }.map { (index, $0) }
        }
    }

    /// The listeners of each cycle, each before the one whose output it reads.
    package var cycles: [[Int]] {
        var search = CycleSearch(
            needs: nodes.indices.map { reader in nodes.indices.filter { reads(reader, outputOf: $0) } })
        return search.cycles()
    }
}

/// Finds cycles in a graph, depth first: each node ends in one of them at most.
private struct CycleSearch {
    /// For each node those that it needs.
    let needs: [[Int]]
    private var visited: Set<Int> = []
    private var way: [Int] = []
    private var found: [[Int]] = []

    init(needs: [[Int]]) {
        self.needs = needs
    }

    mutating func cycles() -> [[Int]] {
        for node in needs.indices { visit(node) }
        return found
    }

    private mutating func visit(_ node: Int) {
        if let start = way.firstIndex(of: node) {
            let cycle = Array(way[start...])
            if !found.contains(where: { !Set($0).isDisjoint(with: cycle) }) { found.append(cycle) }
            return
        }
        guard visited.insert(node).inserted else { return }
        way.append(node)
        for next in needs[node] { visit(next) }
        way.removeLast()
    }
}

extension ListenerGraph {
    package init(_ listeners: [Listener]) {
        self.init(
            listeners.map {
                Node(
                    collection: $0.collection.name, keys: $0.keys, filter: $0.filter,
                    outputPath: $0.outputPath)
            })
    }

    /// The first broken rule in words, or nil.
    package var problem: String? {
        if let (later, earlier) = clashes.first {
            return
                "the output `\(nodes[later].outputPath)` overlaps `\(nodes[earlier].outputPath)` of another listener on `\(nodes[later].collection)`: name one of them with `as`"
        }
        if let (index, key) = strayKeys.first {
            return "no listener on `\(nodes[index].collection)` writes `\(key)`: add that one first"
        }
        if let cycle = cycles.first {
            let names = (cycle + cycle.prefix(1)).map { "`\(nodes[$0].outputPath)`" }
            return
                "a cycle of listeners: \(names.joined(separator: " is computed from ")): take one of the keys out"
        }
        return nil
    }
}

/// Why a name cannot be a part of an output's path, to be put after it; nil when it can.
///
/// - Parameter dots: whether it may be several parts.
package func nameProblem(_ name: String, dots: Bool) -> String? {
    if name.isEmpty { return "must not be empty" }
    if name.utf8.contains(0) { return "must not hold a NUL byte" }
    if !dots, name.contains(".") { return "must not hold a dot: it is a part of the output's path" }
    for part in name.split(separator: ".", omittingEmptySubsequences: false) {
        if part.isEmpty { return "has an empty part: write names with single dots between them" }
        if part.hasPrefix("$") { return "must not begin with `$`, which MongoDB keeps for operators" }
    }
    return nil
}

extension Listener {
    /// What is wrong with the listener itself.
    package var problems: [String] {
        var problems = keys.compactMap(\.problem)
        for (index, key) in keys.enumerated() {
            if let other = keys[..<index].first(where: { $0.overlaps(key) }) {
                problems.append(
                    "the keys `\(other)` and `\(key)` lie within each other: the outer one brings both")
            }
        }
        if keys.isEmpty { problems.append("a listener needs a key") }
        if let problem = nameProblem(model.name, dots: false) {
            problems.append("the model's name `\(model.name)` \(problem)")
        }
        if let name, let problem = nameProblem(name, dots: true) {
            problems.append("`as: \(name)` \(problem)")
        }
        if name == nil, keys.count > 1 || keys.first?.isOutput == true {
            problems.append("`as` is required when the key is a list or another listener's output")
        }
        if collection.name.isEmpty || collection.name.contains("$") || collection.name.utf8.contains(0) {
            problems.append("`\(collection.name)` is not a valid name of a collection")
        }
        if collection.name.hasPrefix("lockstep.") || collection.name.hasPrefix("system.") {
            problems.append("`\(collection.name)` is reserved for MongoDB and Lockstep")
        }
        return problems
    }
}
