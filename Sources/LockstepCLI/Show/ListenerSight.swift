import Lockstep
import LockstepAPI

/// The state of a document for one listener, as `show` prints it.
struct ListenerSight {
    let view: DocumentView
    let pause: PauseStore.Entry?
    let follower: Follower

    init(_ view: DocumentView, pause: PauseStore.Entry?, follower: Follower) {
        self.view = view
        self.pause = pause
        self.follower = follower
    }

    /// `fresh`, `stale`, `missing`, `extra` or `parked`.
    var state: String {
        view.failure == nil ? view.verdict.rawValue : "parked"
    }

    /// Why it is in that state, and what happens next.
    var reason: String {
        if let failure = view.failure {
            return
                "\(failure.reason) (\(Terminal.count(failure.attempts, "attempt")), since \(Terminal.date(failure.since)))"
        }
        if let unjudged = view.unjudged { return "\(unjudged); \(outlook)" }
        switch view.verdict {
        case .fresh: return view.input == nil ? noInput : "the output is of this input and of this model"
        case .missing: return "there is an input and no output; \(outlook)"
        case .extra: return "there is an output, but \(noInput); \(outlook)"
        case .stale: return "\(staleness); \(outlook)"
        }
    }

    private var noInput: String {
        if view.isUnmatched { return "the document does not match the listener's `where`" }
        return view.listener.keys.count == 1
            ? "the key is missing or null: there is no input"
            : "all keys are missing or null: there is no input"
    }

    private var staleness: String {
        guard let origin = view.origin else {
            return "others wrote the output: what it was computed from is not known"
        }
        guard origin.isOfThisInput else { return "the output is of an earlier input" }
        return
            "the output is of version \(origin.version) of the model, which is now version \(view.listener.modelVersion)"
    }

    private var outlook: String {
        guard let pause else { return follower.outlook }
        return "the listener is paused\(pause.by.map { " by \($0)" } ?? "") since \(Terminal.date(pause.at))"
    }
}

extension ListenerSight {
    /// For `--json`.
    var value: API.ShownListener {
        let input = view.input.map { $0.count == 1 ? $0[0] : BSONValue($0) }
        let provenance = view.origin.map { origin in
            API.Provenance(
                version: origin.version, at: ExtendedJSON(millisecondsSince1970: origin.at),
                ofThisInput: origin.isOfThisInput)
        }
        return API.ShownListener(
            listener: view.listener.id, state: state, reason: reason, paused: pause != nil,
            input: input.map { ExtendedJSON($0) }, output: view.output.map { ExtendedJSON($0) },
            provenance: provenance, failure: view.failure.map { API.ParkedDocument($0) })
    }

    func text(width: Int?, style: Style) -> String {
        let color: Style.Color =
            switch state {
            case "fresh": .green
            case "parked": .red
            default: .yellow
            }
        let paused = pause == nil ? "" : ", paused"
        var rows: [(String, String)] = []
        if let input = view.input {
            for (key, value) in zip(view.listener.keys, input) {
                rows.append(("input", "\(key.text): \(ValueText.text(value))"))
            }
        } else {
            rows.append(("input", "none"))
        }
        rows.append(
            ("output", "\(view.listener.outputPath.text): \(view.output.map(ValueText.text) ?? "none")"))
        if let origin = view.origin {
            let what = origin.isOfThisInput ? "this input" : "another input"
            rows.append(
                (
                    "computed",
                    "\(Terminal.date(origin.at)) of \(what)\(origin.isTruncated ? ", which was cut" : ""), version \(origin.version)"
                ))
        }
        rows.append(("why", reason))
        let lines = rows.map { name, text in
            let line = "  \(name.padded(to: 9))\(text.onOneLine)"
            return name == "why" ? line : width.map { line.cut(to: $0) } ?? line
        }
        return (["\(view.listener.id)  \(style.paint(state, color))\(paused)"] + lines).joined(
            separator: "\n")
    }
}
