import Lockstep

extension Configuration {
    /// Listeners that need their own output, by way of others: one problem for each cycle.
    var cycles: [ConfigurationProblem] {
        graph.cycles.map { cycle in
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

extension Configuration {
    var graph: ListenerGraph {
        ListenerGraph(
            listeners.map { listener in
                ListenerGraph.Node(
                    collection: listener.collection, keys: listener.keys.map { FieldPath($0) },
                    filter: listener.filter, outputPath: listener.outputPath)
            })
    }
}
