import Lockstep

extension Configuration {
    /// Listeners that need their own output, by way of others: one problem for each cycle.
    var cycles: [ConfigurationProblem] {
        let needs = listeners.map { listener in
            listeners.indices.filter { listener.needs(listeners[$0]) }
        }
        var search = CycleSearch(needs: needs)
        return search.cycles().map { cycle in
            let names = cycle.map { "`\(listeners[$0].outputPath)` (line \(listeners[$0].line))" }
            let line = cycle.map { listeners[$0].line }.max() ?? 1
            guard names.count > 1 else {
                return problem(
                    line,
                    "a cycle: `\(listeners[cycle[0]].outputPath)` is computed from itself: choose another key or filter"
                )
            }
            let way = (names.dropFirst() + names.prefix(1)).joined(separator: ", that from ")
            return problem(
                line, "a cycle of listeners: \(names[0]) is computed from \(way): take one of the keys out")
        }
    }
}

extension Configuration.ListenerSpec {
    /// True when a change of the other one's output changes this one's input, or whether it has one.
    fileprivate func needs(_ other: Self) -> Bool {
        guard collection == other.collection else { return false }
        let output = other.outputPath
        return keys.contains { FieldPath($0).overlaps(output) }
            || filterPaths.contains { FieldPath($0).overlaps(output) }
    }
}

/// Finds cycles in a graph, depth first: each node ends in one of them at most.
struct CycleSearch {
    /// For each node those that it needs.
    let needs: [[Int]]
    private var visited: Set<Int> = []
    private var way: [Int] = []
    private var found: [[Int]] = []

    init(needs: [[Int]]) {
        self.needs = needs
    }

    /// The nodes of each cycle, each after one that needs it.
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
