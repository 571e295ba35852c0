import LockstepAPI

/// The lines that `status --watch` shows.
struct StatusScreen {
    var status: API.DeploymentStatus?
    var rates: DaemonRates?
    /// Why the status is out of date.
    var outage: String?
    /// Where the daemon is asked.
    var address: String
    var text: ScreenText
    /// Nil: as many as there are.
    var height: Int?

    var lines: [String] {
        let lines =
            status.map { status in
                status.databases.reduce(into: []) { $0 += block(status, $1, below: $0.count) }
            } ?? noAnswer
        guard let height, lines.count > height else { return lines }
        return Array(lines.prefix(height))
    }

    private var noAnswer: [String] {
        ["lockstep: no answer from \(address)", ""].map(text.fit) + [text.fit(outage ?? "asking …", .yellow)]
    }

    /// One database.
    ///
    /// - Parameter above: how many lines stand above it.
    private func block(
        _ status: API.DeploymentStatus, _ database: API.DatabaseStatus, below above: Int
    ) -> [String] {
        var lines = head(status, database)
        lines += numbers(status, database)
        lines.append("")
        let problems = others(database)
        // A problem is shown rather than the last listener.
        let room = height.map { max(3, $0 - above - lines.count - problems.count - 1) }
        return lines + ListenerTable(listeners: database.listeners, text: text).lines(room: room) + problems
    }
}

// MARK: The parts

extension StatusScreen {
    private func head(_ status: API.DeploymentStatus, _ database: API.DatabaseStatus) -> [String] {
        var title = "lockstep  \(database.name) at \(status.uri)"
        let place = "\(database.state.rawValue)  \(status.host) (process \(status.pid))"
        let gap = text.width - title.columns - place.columns
        title = gap >= 2 ? title + String(repeating: " ", count: gap) + place : title
        var lines = [text.fit(title, .bold)]
        if gap < 2 { lines.append(text.fit(place)) }
        if let outage {
            lines.append(
                text.fit("NO ANSWER: \(outage); what stands here was before. Trying again.", .red))
        } else {
            lines += sentence(database)
        }
        lines.append("")
        return lines
    }

    /// Whether all is well, and if not the worst problem, with what to do.
    private func sentence(_ database: API.DatabaseStatus) -> [String] {
        guard let problem = ranked(database).first else {
            let sentence = database.ready ? "All predictions are current." : "Not ready."
            return [text.fit(sentence, database.ready ? .green : .yellow)]
        }
        return text.paragraph(problem.message, color(problem.severity)) + text.paragraph(problem.hint, nil)
    }

    /// The worst first.
    private func ranked(_ database: API.DatabaseStatus) -> [API.Problem] {
        API.Problem.Severity.allCases.flatMap { severity in
            database.problems.filter { $0.severity == severity }
        }
    }

    private func color(_ severity: API.Problem.Severity) -> Style.Color? {
        switch severity {
        case .error: .red
        case .warning: .yellow
        case .info: nil
        }
    }

    private func mark(_ severity: API.Problem.Severity) -> String {
        switch severity {
        case .error: "!! "
        case .warning: "!  "
        case .info: "-  "
        }
    }

    private func numbers(_ status: API.DeploymentStatus, _ database: API.DatabaseStatus) -> [String] {
        var state = ["lag \(database.lagSeconds.map(Quantity.seconds) ?? "unknown")"]
        if let headroom = database.headroom {
            let left = Quantity.seconds(Double(min(headroom.seconds, headroom.windowSeconds)))
            state.append("headroom \(left) of \(Quantity.seconds(Double(headroom.windowSeconds)))")
        }
        let queue = database.queue
        state.append(
            "queue \(Terminal.count(queue.documents, "document")), \(Quantity.bytes(queue.bytes)) of \(Quantity.bytes(queue.limitBytes))"
        )
        state.append("memory \(Quantity.bytes(status.memoryBytes))")
        let flow =
            rates?[database.name].map {
                [
                    "changes \(Quantity.rate($0.changes))",
                    "model inputs \(Quantity.rate($0.modelInputs))",
                    "outputs \(Quantity.rate($0.outputs))",
                ]
            } ?? []
        return (text.wrapped(state) + text.wrapped(flow)).map { text.fit($0) }
    }

    /// The problems that the sentence does not say.
    private func others(_ database: API.DatabaseStatus) -> [String] {
        let others = ranked(database).dropFirst()
        guard !others.isEmpty else { return [] }
        return [""]
            + others.prefix(8).flatMap { problem in
                text.paragraph(problem.message, color(problem.severity), after: mark(problem.severity))
                    + text.paragraph(problem.hint, nil, after: "   ")
            }
    }
}
