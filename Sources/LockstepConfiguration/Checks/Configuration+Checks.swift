import LockstepReading
import LockstepSinks
import MongoBSON

extension Configuration {
    /// Models that no listener uses, and the like: nothing that keeps Lockstep from starting.
    package var warnings: [ConfigurationProblem] {
        let used = Set(listeners.map(\.model))
        let unused = models.filter { !used.contains($0.key) }.sorted { $0.value.line < $1.value.line }
        return unused.map { name, model in
            ConfigurationProblem(
                file: file, line: model.line, message: "no listener uses the model \(shown(name))")
        }
    }

    /// Reports what is wrong between its parts: names that nothing defines, outputs in each other's way, cycles.
    ///
    /// - Parameters:
    ///   - unreadModels: models that the file names and that could not be read.
    ///   - isComplete: false when models or listeners are left out, because they could not be read.
    func check(unreadModels: Set<String>, isComplete: Bool, problems: inout Problems) {
        let known = unreadModels.union(models.keys)
        let undefined = known.isEmpty ? [] : listeners.filter { !known.contains($0.model) }
        for listener in undefined {
            let names = known.sorted()
            let meant = suggestion(for: listener.model, among: names).map { "did you mean `\($0)`?" }
            let help = meant ?? "`models` has \(names.codeList)"
            problems.add(listener.modelLine, "there is no model \(listener.modelFound): \(help)")
        }
        for sink in registry.allSinks {
            sink.check(listeners, areAll: isComplete && undefined.isEmpty, problems: &problems)
        }
    }
}
