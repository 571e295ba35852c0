/// What a listener may be, each rule written here alone: callers add where it stands.
package enum ListenerRules {
    /// Why no listener can be on a collection of that name, to be put after it.
    package static func problem(ofCollection name: String) -> String? {
        if name.isEmpty { return "must not be empty" }
        if name.utf8.contains(0) { return "must not hold a NUL byte" }
        if name.contains("$") { return "must not hold `$`" }
        if name.hasPrefix(".") || name.hasSuffix(".") { return "must not begin or end with a dot" }
        if name.hasPrefix("system.") { return "is MongoDB's own: choose another collection" }
        if name.hasPrefix("lockstep.") {
            return "is Lockstep's own, where it keeps its state: choose another collection"
        }
        return nil
    }

    /// Why no model can have that name, to be put after it.
    package static func problem(ofModel name: String) -> String? {
        if name.contains(".") { return "must not hold a dot: it is a part of the output's path" }
        return problem(ofOutput: name)
    }

    /// Why no output can have that name (`as`), to be put after it.
    package static func problem(ofOutput name: String) -> String? {
        if name.isEmpty { return "must not be empty" }
        if name.utf8.contains(0) { return "must not hold a NUL byte" }
        for part in name.split(separator: ".", omittingEmptySubsequences: false) {
            if part.isEmpty { return "has an empty part: write names with single dots between them" }
            if part.hasPrefix("$") { return "must not begin with `$`, which MongoDB keeps for operators" }
        }
        return nil
    }

    /// What is wrong with the key at a place of the list; nil when it is right.
    package static func problem(ofKeyAt index: Int, of keys: [FieldPath]) -> String? {
        let key = keys[index]
        if let problem = key.problem { return problem }
        guard let other = keys[..<index].first(where: { $0.overlaps(key) }) else { return nil }
        return other == key
            ? "the key `\(key)` stands twice in the list: take one out"
            : "the keys `\(other)` and `\(key)` lie within each other: the outer one brings both"
    }

    /// Why a listener on these keys cannot be without `as`; nil when it can.
    ///
    /// - Parameter isList: they were given as a list, be it one of a single key.
    package static func missingName(for keys: [FieldPath], isList: Bool) -> String? {
        if isList {
            return "a listener with a list of keys needs `as`, which names its output: as `as: summary`"
        }
        guard let key = keys.first, key.isOutput else { return nil }
        return
            "a listener on another one's output (`\(key)`) needs `as`, which names its own: as `as: summary`"
    }
}

extension Listener {
    /// What is wrong with the listener itself.
    package var problems: [String] {
        var problems = keys.indices.compactMap { ListenerRules.problem(ofKeyAt: $0, of: keys) }
        if keys.isEmpty { problems.append("a listener needs a key") }
        if let problem = ListenerRules.problem(ofModel: model.name) {
            problems.append("the model's name `\(model.name)` \(problem)")
        }
        if let name, let problem = ListenerRules.problem(ofOutput: name) {
            problems.append("the name `\(name)` of an output (`as`) \(problem)")
        }
        if name == nil, let problem = ListenerRules.missingName(for: keys, isList: keys.count > 1) {
            problems.append(problem)
        }
        if let problem = ListenerRules.problem(ofCollection: collection.name) {
            problems.append("the collection's name `\(collection.name)` \(problem)")
        }
        return problems
    }
}
