import LockstepConfiguration

/// What a changed `lockstep.yaml` changes in a running daemon.
struct ConfigurationChange: Equatable {
    /// Listeners, by their ids.
    var added: [String] = []
    var removed: [String] = []
    /// The same id with other keys, another filter or another model.
    var changed: [String] = []
    /// Models whose programs or weights are kept.
    var keptModels: [String] = []
    /// Keys that take effect at the next start only.
    var needRestart: [String] = []

    /// No listener changes.
    var isNothing: Bool {
        added.isEmpty && removed.isEmpty && changed.isEmpty
    }
}

extension ConfigurationChange {
    /// - Parameter ignoresURI: the daemon has a MongoDB of its own.
    init(
        from old: (configuration: Configuration, assembly: Assembly),
        to new: (configuration: Configuration, assembly: Assembly), ignoresURI: Bool = false
    ) {
        let before = old.assembly.listenerDefinitions
        let after = new.assembly.listenerDefinitions
        added = after.keys.filter { before[$0] == nil }.sorted()
        removed = before.keys.filter { after[$0] == nil }.sorted()
        changed = after.keys.filter { before[$0] != nil && before[$0] != after[$0] }.sorted()
        keptModels = new.assembly.modelDefinitions.filter {
            old.assembly.modelDefinitions[$0.key] == $0.value
        }
        .keys.sorted()
        let (was, will) = (old.configuration, new.configuration)
        if was.mongodb.database != will.mongodb.database || !ignoresURI && was.mongodb.uri != will.mongodb.uri
        {
            needRestart.append("mongodb")
        }
        if was.server != will.server { needRestart.append("server") }
        if was.reconcileEvery != will.reconcileEvery { needRestart.append("reconcileEvery") }
        if was.auditEvery != will.auditEvery { needRestart.append("auditEvery") }
    }

    /// For the log and for people.
    var text: String {
        var parts: [String] = []
        for (ids, what) in [(added, "new"), (removed, "gone"), (changed, "changed")] where !ids.isEmpty {
            parts.append("\(what): \(ids.map { "`\($0)`" }.joined(separator: ", "))")
        }
        return isNothing ? "no listener changed" : parts.joined(separator: "; ")
    }

    /// Nil when everything was applied.
    var restartText: String? {
        guard !needRestart.isEmpty else { return nil }
        let keys = needRestart.map { "`\($0)`" }.joined(separator: ", ")
        return "\(keys) changed too: that takes a restart"
    }
}
