import MongoBSON

/// A likely mistake in a listener that is no error, as a key that no document has.
public struct ListenerWarning: Sendable, Hashable {
    /// `emptyDatabase`, `noCollection`, `noKey`, `noMatch`, `noInput` or `removals`.
    public let code: String
    /// The listener's id.
    public let listener: String
    /// What is so, as a sentence without a full stop.
    public let message: String
    /// What to do, as a sentence.
    public let hint: String
}

extension ListenerWarning: CustomStringConvertible {
    /// One about the database as a whole names no listener.
    public var description: String {
        code == Self.emptyDatabase ? "\(message). \(hint)" : "\(listener): \(message). \(hint)"
    }

    package static let emptyDatabase = "emptyDatabase"
}

extension ListenerFacts {
    /// What is to be said of them.
    package var warnings: [ListenerWarning] {
        if let absent { return [absent] }
        let found = absentKeys + (noMatch.map { [$0] } ?? [])
        return (found.isEmpty ? noInput.map { [$0] } ?? [] : found) + (removed.map { [$0] } ?? [])
    }

    private var name: String {
        listener.collection.name
    }

    private func warning(_ code: String, _ message: String, _ hint: String) -> ListenerWarning {
        ListenerWarning(code: code, listener: listener.id, message: message, hint: hint)
    }

    private var absent: ListenerWarning? {
        guard let collections, !collections.contains(name) else { return nil }
        if collections.isEmpty {
            return warning(
                ListenerWarning.emptyDatabase, "the database `\(database)` has no collections",
                "Is it the right one? A collection is followed once it has documents.")
        }
        let hint =
            if let meant = suggestion(for: name, among: collections) {
                "Did you mean `\(meant)`?"
            } else {
                "There \(collections.count == 1 ? "is" : "are") \(Self.list(collections)). It is followed once it has documents."
            }
        return warning("noCollection", "there is no collection `\(name)` in `\(database)`", hint)
    }

    private var absentKeys: [ListenerWarning] {
        zip(listener.keys, keys).filter { $1.isNone }.map { key, presence in
            let hint =
                if let meant = suggestion(for: key.text, among: paths) {
                    "Did you mean `\(meant)`?"
                } else if paths.isEmpty {
                    "Check `key`."
                } else {
                    "Check `key`: the documents have \(Self.list(paths))."
                }
            return warning("noKey", "\(none(presence)) has a value at `\(key.text)`", hint)
        }
    }

    private var noMatch: ListenerWarning? {
        guard filter.isNone else { return nil }
        return warning(
            "noMatch", "`where` matches \(none(filter))",
            "Check names, values and their types: texts are compared byte by byte, and \"5\" is not 5.")
    }

    private var noInput: ListenerWarning? {
        guard input.isNone, documents > 0, !listener.keys.contains(where: \.isOutput) else { return nil }
        let keys = Self.list(listener.keys.map(\.text))
        let what =
            listener.filter == nil ? "has a value at \(keys)" : "that `where` matches has a value at \(keys)"
        return warning("noInput", "\(none(input)) \(what)", "Check `key` and `where` together.")
    }

    private var removed: ListenerWarning? {
        guard let removals, removals.count > 0 else { return nil }
        let count = "\(removals.isEstimate ? "about " : "")\(removals.count)"
        return warning(
            "removals",
            "\(count) \(removals.count == 1 ? "output is" : "outputs are") removed from `\(name)` when `lockstep run` takes this configuration: with the changed `where` or `key` \(removals.count == 1 ? "its document has" : "their documents have") no input",
            "To keep them, put `where` and `key` back, or give the listener another `as`.")
    }

    /// As `no document of `docs``.
    private func none(_ presence: Presence) -> String {
        if case .noneOf(let sample) = presence {
            return "none of \(sample) documents of `\(name)` taken at random"
        }
        return "no document of `\(name)`"
    }

    /// At most eight names.
    private static func list(_ names: [String]) -> String {
        let some = names.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
        return names.count > 8 ? "\(some) and \(names.count - 8) more" : some
    }
}
