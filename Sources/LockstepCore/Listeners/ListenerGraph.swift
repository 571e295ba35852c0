import MongoBSON

/// How listeners of a database stand to each other; what is wrong with that is for the caller to say.
package struct ListenerGraph {
    /// What the graph needs to know of a listener.
    package struct Node: Sendable {
        package let collection: String
        package let keys: [FieldPath]
        /// The fields that its filter reads.
        package let filterPaths: [FieldPath]
        /// Nil when its output does not stand in a document of the collection.
        package let outputPath: FieldPath?

        package init(collection: String, keys: [FieldPath], filter: BSONDocument?, outputPath: FieldPath?) {
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
                guard let path = nodes[earlier].outputPath, let other = nodes[later].outputPath else {
                    return false
                }
                return nodes[earlier].collection == nodes[later].collection && path.overlaps(other)
            }.map { (later, $0) }
        }
    }

    /// True when a change of the writer's output changes the reader's input, or whether it has one.
    package func reads(_ reader: Int, outputOf writer: Int) -> Bool {
        guard let path = nodes[writer].outputPath, nodes[reader].collection == nodes[writer].collection else {
            return false
        }
        return (nodes[reader].keys + nodes[reader].filterPaths).contains { $0.overlaps(path) }
    }

    /// The listeners that read what this one writes.
    package func dependents(of writer: Int) -> [Int] {
        nodes.indices.filter { $0 != writer && reads($0, outputOf: writer) }
    }

    /// A key among the outputs that is no listener's.
    package struct StrayKey {
        /// The listener, and which of its keys.
        package let listener: Int
        package let key: Int
        /// An output that stands under it; nil when nobody writes there.
        package let below: FieldPath?
    }

    package var strayKeys: [StrayKey] {
        nodes.indices.flatMap { index in
            let outputs = nodes.filter { $0.collection == nodes[index].collection }.compactMap(\.outputPath)
            return nodes[index].keys.enumerated().compactMap { number, key -> StrayKey? in
                guard key.isOutput, !outputs.contains(where: { key.isAtOrUnder($0) }) else { return nil }
                return StrayKey(
                    listener: index, key: number, below: outputs.first { $0.isAtOrUnder(key) })
            }
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
    /// The listeners of a session that read what this one writes.
    package func readers(of writer: ListenerRef) -> [ListenerRef] {
        dependents(of: writer.row).map(ListenerRef.init(row:))
    }

    package init(_ listeners: [Listener]) {
        self.init(
            listeners.map {
                Node(
                    collection: $0.collection.name, keys: $0.keys, filter: $0.filter,
                    outputPath: $0.store == nil ? $0.outputPath : nil)
            })
    }

    /// The first rule that listeners of a database break together, in words, or nil.
    package static func problem(of listeners: [Listener]) -> String? {
        if let problem = ListenerGraph(listeners).problem { return problem }
        // What is stored elsewhere, parked or counted is known by the id.
        var ids: Set<String> = []
        return listeners.first { !ids.insert($0.id).inserted }.map {
            "two listeners are `\($0.id)`: name one of them with `as`"
        }
    }

    private var problem: String? {
        func output(_ node: Int) -> String { "`\(nodes[node].outputPath?.text ?? "")`" }
        if let (later, earlier) = clashes.first {
            return
                "the output \(output(later)) overlaps \(output(earlier)) of another listener on `\(nodes[later].collection)`: name one of them with `as`"
        }
        if let stray = strayKeys.first {
            let node = nodes[stray.listener]
            return "no listener on `\(node.collection)` writes `\(node.keys[stray.key])`: add that one first"
        }
        if let cycle = cycles.first {
            let names = (cycle + cycle.prefix(1)).map(output)
            return
                "a cycle of listeners: \(names.joined(separator: " is computed from ")): take one of the keys out"
        }
        return nil
    }
}

extension FieldPath {
    fileprivate func isAtOrUnder(_ other: FieldPath) -> Bool {
        text == other.text || text.hasPrefix(other.text + ".")
    }
}
