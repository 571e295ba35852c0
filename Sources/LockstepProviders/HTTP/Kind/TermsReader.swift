import LockstepCore
import LockstepReading

/// Reads what a model costs and how fast it may be asked: `price`, `budget`, `limits`, `batchApi`.
struct TermsReader {
    let model: MappingReader

    func read(_ api: HTTPAPI?, problems: inout Problems) -> ModelTerms {
        var terms = ModelTerms(hasMemo: true)
        terms.price = model["price"]?.amount("`price`", problems: &problems)
        if let node = model["budget"] {
            terms.budget = node.budget(problems: &problems)
            if !model.hasOrMeans("price") {
                problems.add(node.line, "`budget` needs `price`, per million input tokens, as `price: 0.02`")
            }
        }
        if let node = model["limits"],
            let limits = MappingReader(node, "`limits`", HTTPKind.limits, problems: &problems)
        {
            terms.requests = limits["requests"]?.rate("`requests`", "3000/m", problems: &problems)
            terms.tokens = limits["tokens"]?.rate("`tokens`", "1M/m", problems: &problems)
            if let node = limits["concurrency"] {
                terms.concurrency = node.count("`concurrency`", problems: &problems)
                if terms.concurrency ?? 0 > 1024 {
                    problems.add(node.line, "`concurrency` must be 1024 at most: found \(node.found)")
                }
            }
        }
        if let entry = model.entry("batchApi") { terms.batch = batch(entry, api, problems: &problems) }
        return terms
    }

    private func batch(_ entry: YAMLNode.Entry, _ api: HTTPAPI?, problems: inout Problems) -> BatchTerms? {
        if let api, api.batchForm == nil {
            let known = HTTPAPI.allCases.filter { $0.batchForm != nil }.map(\.rawValue).code
            problems.add(
                entry.line,
                "`batchApi` is for \(known.joined(last: " and ")), this one is `\(api)`: take it out")
        }
        guard let batch = MappingReader(entry.value, "`batchApi`", HTTPKind.batchAPI, problems: &problems),
            let above = batch.required("above", "10000", problems: &problems)?.count(
                "`above`", problems: &problems)
        else { return nil }
        let poll = batch["poll"]?.duration("`poll`", problems: &problems)
        return BatchTerms(above: above, poll: poll ?? .seconds(60))
    }
}

extension YAMLNode {
    /// The text of a value that is neither a list nor a mapping.
    private var written: String? {
        if case .scalar(let scalar) = content, !isNull { scalar.text } else { nil }
    }

    /// A number that is no less than zero.
    fileprivate func amount(_ what: String, problems: inout Problems) -> Double? {
        if let number = written.flatMap(Double.init), number.isFinite, number >= 0 { return number }
        problems.add(line, "\(what) must be a number, as `0.02`: found \(found)")
        return nil
    }

    /// `3000/m`, `1M/h`, `10/s`.
    fileprivate func rate(_ what: String, _ example: String, problems: inout Problems) -> Rate? {
        let parts = (written ?? "").split(separator: "/", omittingEmptySubsequences: false)
        let periods = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        if parts.count == 2, let count = Self.count(parts[0]), let seconds = periods[String(parts[1])] {
            return Rate(count, per: .seconds(seconds))
        }
        problems.add(
            line,
            "\(what) must be how many in a second, minute, hour or day, as `\(example)` or `10/s`: found \(found)"
        )
        return nil
    }

    /// With `k` for a thousand and `M` for a million.
    private static func count(_ text: Substring) -> Int? {
        let factors: [Character: Double] = ["k": 1e3, "K": 1e3, "M": 1e6]
        let factor = text.last.flatMap { factors[$0] }
        guard let number = Double(factor == nil ? text : text.dropLast()), number.isFinite else { return nil }
        let count = (number * (factor ?? 1)).rounded()
        return count >= 1 && count <= 1e15 ? Int(count) : nil
    }

    /// `5/day`, `0.5/hour`, `20/month`, or `5` for all time.
    fileprivate func budget(problems: inout Problems) -> Budget? {
        let parts = (written ?? "").split(separator: "/", omittingEmptySubsequences: false)
        let amount = parts.first.flatMap { Double($0) }
        if let amount, amount.isFinite, amount > 0 {
            if parts.count == 1 { return Budget(amount, per: nil) }
            if parts.count == 2, let period = Budget.Period(rawValue: String(parts[1])) {
                return Budget(amount, per: period)
            }
        }
        problems.add(
            line,
            "`budget` must be an amount for an hour, a day, a month or all time, as `5/day`, `20/month` or `5`: found \(found)"
        )
        return nil
    }
}
