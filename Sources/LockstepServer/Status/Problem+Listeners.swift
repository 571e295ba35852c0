import Lockstep
import LockstepAPI

/// Problems of listeners, one for each cause.
extension API.Problem {
    static func ofListeners(_ listeners: [ListenerStatus]) -> [Self] {
        unavailable(listeners) + refused(listeners) + blocked(listeners) + spent(listeners)
            + parked(listeners) + paused(listeners) + scanned(listeners)
    }

    private static func unavailable(_ listeners: [ListenerStatus]) -> [Self] {
        groups(listeners.filter { $0.state == .out }, by: cause).map { group in
            let pending = group.reduce(0) { $0 + $1.stale + $1.missing + $1.unchecked }
            let models = names(group.map(\.model))
            // The message is of the listener with most pending documents.
            let worst = group.max { $0.stale + $0.missing < $1.stale + $1.missing } ?? group[0]
            let reason = Format.shortened(worst.reason ?? "the model `\(worst.model)` does not work")
            let told = Set(group.map(\.model)).count > 1 ? "\(models): \(reason.text)" : reason.text
            let ids = group.map(\.id)
            guard pending > 0 else {
                return Self(
                    code: "modelOut", severity: .warning, listeners: ids,
                    message: "When it was last called: \(told). Nothing\(place(group)) is pending.",
                    hint: "Fix the model; it is retried on the next change.", detail: reason.whole)
            }
            return Self(
                code: "modelOut", severity: .error, listeners: ids,
                message:
                    "\(Format.capitalised(told)). \(Format.pending(pending, place(group))); nothing is lost.",
                hint:
                    "Fix the model: it is retried every few seconds. If its program changed, run `lockstep reload`: it is a new version.",
                detail: reason.whole)
        }
    }

    private static func refused(_ listeners: [ListenerStatus]) -> [Self] {
        groups(listeners.filter { $0.state == .refused }, by: cause).map { group in
            let pending = group.reduce(0) { $0 + $1.stale + $1.missing + $1.unchecked }
            let reason = group[0].reason ?? "MongoDB refuses them"
            return Self(
                code: "refused", severity: .error, listeners: group.map(\.id),
                message:
                    "Outputs\(place(group)) are not stored: \(reason.withoutStop). \(Format.pending(pending, place(group))); nothing is lost.",
                hint:
                    "It is retried every few seconds with few documents, and goes on by itself once MongoDB takes them."
            )
        }
    }

    private static func blocked(_ listeners: [ListenerStatus]) -> [Self] {
        groups(listeners.filter { $0.state == .blocked }, by: { $0.reason ?? $0.on }).map { group in
            Self(
                code: "collectionGone", severity: .error, listeners: group.map(\.id),
                message: Format.capitalised(group[0].reason ?? "the collection `\(group[0].on)` is gone")
                    + ".",
                hint: "Put the collection back, or remove the listener.")
        }
    }

    private static func spent(_ listeners: [ListenerStatus]) -> [Self] {
        groups(listeners.filter { $0.state == .spent }, by: \.model).map { group in
            Self(
                code: "budget", severity: .warning, listeners: group.map(\.id),
                message: Format.capitalised(group[0].reason ?? "the budget of `\(group[0].model)` is spent")
                    + ". What changes meanwhile is found by a scan then; nothing is lost.",
                hint: "Nothing is broken: the model waits. `lockstep costs` shows what was spent on what.")
        }
    }

    private static func parked(_ listeners: [ListenerStatus]) -> [Self] {
        groups(listeners.filter { $0.failed > 0 }, by: \.model).map { group in
            let count = group.reduce(0) { $0 + $1.failed }
            return Self(
                code: "failures", severity: .warning, listeners: group.map(\.id),
                message:
                    "\(Format.documents(count))\(place(group)) \(count == 1 ? "is" : "are") parked without a prediction of the model `\(group[0].model)`.",
                hint:
                    "See the failures for the reasons: fix the documents, or the rule that refuses their outputs; or fix the model and run `lockstep reload`. A retry alone asks the same program again."
            )
        }
    }

    private static func paused(_ listeners: [ListenerStatus]) -> [Self] {
        let group = listeners.filter { $0.state == .paused }
        guard !group.isEmpty else { return [] }
        let which = names(group.map(\.id))
        return [
            Self(
                code: "paused", severity: .info, listeners: group.map(\.id),
                message:
                    "\(which) \(group.count == 1 ? "is paused: its model is" : "are paused: their models are") not called. Changes made meanwhile are found by a scan when \(group.count == 1 ? "it is" : "they are") resumed.",
                hint: "Resume \(group.count == 1 ? "it" : "them") when the models may be called again.")
        ]
    }

    private static func scanned(_ listeners: [ListenerStatus]) -> [Self] {
        let group = listeners.filter { $0.look != nil && $0.state == .ok }
        guard !group.isEmpty else { return [] }
        let (read, total) = group.compactMap(\.look).reduce((0, 0)) { ($0.0 + $1.documents, $0.1 + $1.total) }
        let share = total > 0 ? min(100, read * 100 / total) : 0
        let collections = names(group.map(\.on))
        let which = names(group.map(\.id))
        return [
            Self(
                code: "backfilling", severity: .info, listeners: group.map(\.id),
                message:
                    "\(collections) \(Set(group.map(\.on)).count == 1 ? "is" : "are") scanned for \(which): \(share) % done.",
                hint: "Nothing to do; live changes go first.")
        ]
    }

    /// Why a model does not work, without its name and without numbers: equal causes make one problem.
    static func cause(_ listener: ListenerStatus) -> String {
        let reason = listener.reason ?? ""
        return reason.replacing("`\(listener.model)`", with: "").replacing(/[0-9]+/, with: "#")
    }

    /// In the order in which each first appears.
    private static func groups(
        _ listeners: [ListenerStatus], by key: (ListenerStatus) -> String
    ) -> [[ListenerStatus]] {
        var order: [String] = []
        var groups: [String: [ListenerStatus]] = [:]
        for listener in listeners {
            let key = key(listener)
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(listener)
        }
        return order.compactMap { groups[$0] }
    }

    /// As ` of `docs``, or ` of 12 listeners`.
    private static func place(_ group: [ListenerStatus]) -> String {
        let collections = Set(group.map(\.on))
        if collections.count == 1, group.count == 1 { return " of `\(group[0].on)`" }
        return " of \(group.count) listeners"
    }

    /// Up to three names, and how many there are beside.
    private static func names(_ all: [String]) -> String {
        var seen: Set<String> = []
        let names = all.filter { seen.insert($0).inserted }
        let more = names.count > 3 ? " and \(names.count - 3) more" : ""
        return names.prefix(3).map { "`\($0)`" }.joined(separator: ", ") + more
    }
}
