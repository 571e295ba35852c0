import Lockstep

extension Configuration {
    /// What is wrong between its parts: names that nothing defines, outputs in each other's way, cycles.
    ///
    /// A change made to the value after ``load(file:environment:)`` may bring some about.
    public func validate() -> [ConfigurationProblem] {
        crossProblems(allRead: true)
    }

    /// Models that no listener uses, and the like: nothing that keeps Lockstep from starting.
    public var warnings: [ConfigurationProblem] {
        let used = Set(listeners.map(\.model))
        var found: [ConfigurationProblem] = []
        for (name, model) in models where !used.contains(name) {
            found.append(problem(model.line, "no listener uses the model \(shown(name))"))
        }
        return found.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
    }

    /// - Parameter allRead: false when some listeners are left out, because they could not be read.
    func crossProblems(allRead: Bool) -> [ConfigurationProblem] {
        let undefined = undefinedModels
        return undefined + outputsInTheWay + strayInputs(areOutputsKnown: allRead && undefined.isEmpty)
            + cycles
    }

    func problem(_ line: Int, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(file: file, line: line, message: message)
    }
}

extension Configuration {
    private var undefinedModels: [ConfigurationProblem] {
        guard !models.isEmpty else { return [] }
        return listeners.filter { models[$0.model] == nil }.map { listener in
            let known = models.keys.sorted()
            let meant = suggestion(for: listener.model, among: known).map { "did you mean `\($0)`?" }
            let help = meant ?? "`models` has \(known.map { "`\($0)`" }.joined(separator: ", "))"
            return problem(listener.lines.model, "there is no model \(shown(listener.model)): \(help)")
        }
    }

    /// Two listeners that would write at one place, or one inside the other's prediction.
    private var outputsInTheWay: [ConfigurationProblem] {
        graph.clashes.map { pair in
            let (later, earlier) = (listeners[pair.later], listeners[pair.earlier])
            let clash =
                earlier.outputPath == later.outputPath
                ? "the listener in line \(earlier.line) writes there too"
                : "it is in the way of `\(earlier.outputPath)` (line \(earlier.line))"
            return problem(
                later.line,
                "the output `\(later.outputPath)` of `\(later.collection)`: \(clash): name one of them with another `as`"
            )
        }
    }

    /// Keys under `_outputs` that are no listener's output.
    private func strayInputs(areOutputsKnown: Bool) -> [ConfigurationProblem] {
        var found: [ConfigurationProblem] = []
        for listener in listeners {
            let outputs = listeners.filter { $0.collection == listener.collection }.map(\.outputPath)
            for (key, line) in zip(listener.keys.map { FieldPath($0) }, listener.lines.keys)
            where key.isOutput {
                if outputs.contains(where: { key.isAtOrUnder($0) }) { continue }
                if let below = outputs.first(where: { $0.isAtOrUnder(key) }) {
                    found.append(
                        problem(
                            line,
                            "the key `\(key)` holds more than one listener's output: write a whole one, as `\(below)`"
                        ))
                } else if areOutputsKnown {
                    let others = outputs.filter { $0 != listener.outputPath }.map(\.text)
                    let help =
                        suggestion(for: key.text, among: others).map { "did you mean `\($0)`?" }
                        ?? (others.isEmpty
                            ? "add the listener that writes it"
                            : "there is \(others.map { "`\($0)`" }.joined(separator: ", "))")
                    found.append(
                        problem(line, "no listener of `\(listener.collection)` writes `\(key)`: \(help)"))
                }
            }
        }
        return found
    }
}

extension FieldPath {
    func isAtOrUnder(_ other: FieldPath) -> Bool {
        text == other.text || text.hasPrefix(other.text + ".")
    }
}
