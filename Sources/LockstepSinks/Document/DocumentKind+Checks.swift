import LockstepCore
import LockstepReading
import MongoBSON

extension DocumentKind {
    package func check(_ listeners: [ListenerSpec], areAll: Bool, problems: inout Problems) {
        let writers = listeners.compactMap { listener in
            listener.outputPath.map { Writer(listener: listener, path: $0) }
        }
        let graph = ListenerGraph(
            writers.map { writer in
                ListenerGraph.Node(
                    collection: writer.listener.collection, keys: writer.listener.inputs.map(\.path),
                    filter: writer.listener.filter, outputPath: writer.path)
            })
        for pair in graph.clashes {
            problems.add(writers[pair.later].listener.line, clash(writers[pair.later], writers[pair.earlier]))
        }
        for listener in listeners {
            let outputs = writers.filter { $0.listener.collection == listener.collection }.map(\.path)
            for key in listener.inputs where key.path.isOutput {
                guard let problem = stray(key.path, of: listener, outputs, areAll: areAll) else { continue }
                problems.add(key.line, problem)
            }
        }
        for cycle in graph.cycles.map({ cycle in cycle.map { writers[$0] } }) {
            problems.add(cycle.map(\.listener.line).max(), self.cycle(cycle))
        }
    }

    private struct Writer {
        let listener: ListenerSpec
        let path: FieldPath

        /// For a message.
        var place: String { "`\(path)` (line \(listener.line))" }
    }

    /// Two listeners that would write at one place, or one inside the other's prediction.
    private func clash(_ later: Writer, _ earlier: Writer) -> String {
        let clash =
            earlier.path == later.path
            ? "the listener in line \(earlier.listener.line) writes there too"
            : "it is in the way of \(earlier.place)"
        return
            "the output `\(later.path)` of `\(later.listener.collection)`: \(clash): name one of them with another `as`"
    }

    /// What is wrong with a key that is no listener's output; nil when it is one's, or may be one's that was not read.
    private func stray(
        _ key: FieldPath, of listener: ListenerSpec, _ outputs: [FieldPath], areAll: Bool
    ) -> String? {
        if outputs.contains(where: { key.isAtOrUnder($0) }) { return nil }
        if let below = outputs.first(where: { $0.isAtOrUnder(key) }) {
            return "the key `\(key)` holds more than one listener's output: write a whole one, as `\(below)`"
        }
        guard areAll else { return nil }
        let others = outputs.filter { $0 != listener.outputPath }.map(\.text)
        let help =
            suggestion(for: key.text, among: others).map { "did you mean `\($0)`?" }
            ?? (others.isEmpty ? "add the listener that writes it" : "there is \(others.codeList)")
        return "no listener of `\(listener.collection)` writes `\(key)`: \(help)"
    }

    /// Listeners that need their own output, by way of others.
    private func cycle(_ writers: [Writer]) -> String {
        guard writers.count > 1 else {
            return "a cycle: `\(writers[0].path)` is computed from itself: choose another key or filter"
        }
        let way = (writers.dropFirst() + writers.prefix(1)).map(\.place).joined(separator: ", that from ")
        return "a cycle of listeners: \(writers[0].place) is computed from \(way): take one of the keys out"
    }
}

extension FieldPath {
    fileprivate func isAtOrUnder(_ other: FieldPath) -> Bool {
        text == other.text || text.hasPrefix(other.text + ".")
    }
}
