import LockstepCore
import LockstepReading
import MongoBSON

extension DocumentKind {
    package func check(_ listeners: [ListenerSpec], areAll: Bool, problems: inout Problems) {
        let graph = ListenerGraph(
            listeners.map { listener in
                ListenerGraph.Node(
                    collection: listener.collection, keys: listener.inputs.map(\.path),
                    filter: listener.filter, outputPath: listener.outputPath)
            })
        for pair in graph.clashes {
            problems.add(listeners[pair.later].line, clash(listeners[pair.later], listeners[pair.earlier]))
        }
        for stray in graph.strayKeys where areAll || stray.below != nil {
            let listener = listeners[stray.listener]
            let key = listener.inputs[stray.key]
            problems.add(
                key.line,
                stray.below.map {
                    "the key `\(key.path)` holds more than one listener's output: write a whole one, as `\($0)`"
                } ?? unwritten(key.path, of: listener, among: listeners))
        }
        for cycle in graph.cycles.map({ cycle in cycle.map { listeners[$0] } }) {
            problems.add(cycle.map(\.line).max(), self.cycle(cycle))
        }
    }

    /// Two listeners that would write at one place, or one inside the other's prediction.
    private func clash(_ later: ListenerSpec, _ earlier: ListenerSpec) -> String {
        let clash =
            earlier.outputPath == later.outputPath
            ? "the listener in line \(earlier.line) writes there too"
            : "it is in the way of \(earlier.output) (line \(earlier.line))"
        return
            "the output \(later.output) of `\(later.collection)`: \(clash): name one of them with another `as`"
    }

    private func unwritten(
        _ key: FieldPath, of listener: ListenerSpec, among listeners: [ListenerSpec]
    ) -> String {
        let outputs = listeners.filter { $0.collection == listener.collection }.compactMap(\.outputPath)
        let others = outputs.filter { $0 != listener.outputPath }.map(\.text)
        let help =
            suggestion(for: key.text, among: others).map { "did you mean `\($0)`?" }
            ?? (others.isEmpty ? "add the listener that writes it" : "there is \(others.codeList)")
        return "no listener of `\(listener.collection)` writes `\(key)`: \(help)"
    }

    /// Listeners that need their own output, by way of others.
    private func cycle(_ listeners: [ListenerSpec]) -> String {
        let names = listeners.map { "\($0.output) (line \($0.line))" }
        guard names.count > 1 else {
            return "a cycle: \(listeners[0].output) is computed from itself: choose another key or filter"
        }
        let way = (names.dropFirst() + names.prefix(1)).joined(separator: ", that from ")
        return "a cycle of listeners: \(names[0]) is computed from \(way): take one of the keys out"
    }
}

extension ListenerSpec {
    /// For a message.
    fileprivate var output: String { "`\(outputPath?.text ?? id)`" }
}
