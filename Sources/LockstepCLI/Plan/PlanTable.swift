import Lockstep

/// What a daemon is about to do, as a table with totals.
struct PlanTable {
    let plans: [ListenerPlan]

    var text: String {
        let header = [
            "LISTENER", "DOCUMENTS", "TO COMPUTE", "DISTINCT", "TOKENS", "PRICE", "TIME", "TO REMOVE",
        ]
        let rows = plans.map(row)
        return Terminal.table(header, plans.count > 1 ? rows + [total] : rows)
    }

    /// What the table does not say.
    var notes: [String] {
        var notes: [String] = []
        if plans.contains(where: { $0.tokens != nil }) { notes.append("tokens and price are estimates") }
        if plans.contains(where: \.isEstimate) {
            notes.append("different inputs are estimated where there are more than can be told apart")
        }
        if let remembered, remembered > 0 {
            notes.append(
                "about \(Terminal.count(remembered, "input")) of them are in the memo and cost nothing")
        }
        return notes
    }

    /// In one sentence.
    var conclusion: String {
        let (compute, remove) = (sum(\.toCompute), sum(\.removals))
        guard compute + remove > 0 else { return "nothing is to be done: everything is fresh or parked" }
        var text = "`lockstep run` computes \(Terminal.count(compute, "output"))"
        if remove > 0 { text += " and removes \(remove)" }
        return text
    }

    private func sum(_ count: (ListenerPlan) -> Int) -> Int {
        plans.reduce(0) { $0 + count($1) }
    }

    private var remembered: Int? {
        plans.compactMap(\.remembered).reduce(nil) { ($0 ?? 0) + $1 }
    }

    private func row(_ plan: ListenerPlan) -> [String] {
        [
            plan.listener, "\(plan.documents)", "\(plan.toCompute)",
            "\(plan.isEstimate ? "about " : "")\(plan.distinct)", plan.tokens.map(String.init) ?? "-",
            plan.price.map(Price.text) ?? "-", plan.seconds.map(Self.time) ?? "-", "\(plan.removals)",
        ]
    }

    /// What is not known of one listener is left out.
    private var total: [String] {
        let tokens = plans.compactMap(\.tokens)
        let prices = plans.compactMap(\.price)
        // Listeners work side by side; those on one account may not.
        let seconds = plans.compactMap(\.seconds)
        return [
            "all", "\(sum(\.documents))", "\(sum(\.toCompute))",
            "\(plans.contains(where: \.isEstimate) ? "about " : "")\(sum(\.distinct))",
            tokens.isEmpty ? "-" : "\(tokens.reduce(0, +))",
            prices.isEmpty ? "-" : Price.text(prices.reduce(0, +)),
            seconds.count == plans.count ? seconds.max().map(Self.time) ?? "-" : "-", "\(sum(\.removals))",
        ]
    }

    private static func time(_ seconds: Double) -> String {
        Terminal.duration(.seconds(seconds.rounded(.up)))
    }
}
