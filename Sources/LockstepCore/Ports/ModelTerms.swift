/// What a model costs and how fast it may be asked, as its user says; the defaults bound nothing.
package struct ModelTerms: Hashable, Sendable {
    /// Ceilings of the account: below them the rate is found.
    package var requests: Rate?
    package var tokens: Rate?
    /// Calls in flight at once.
    package var concurrency: Int?
    /// Per million input tokens, in the currency of the user's bill.
    package var price: Double?
    package var budget: Budget?
    /// Equal inputs are asked once, over time too.
    package var hasMemo: Bool
    /// Large backfills go by the provider's batch API; nil: none does.
    package var batch: BatchTerms?
    /// A service that others ask too: how many calls it takes at once is found, below ``concurrency``.
    package var isRemote: Bool

    package init(
        requests: Rate? = nil, tokens: Rate? = nil, concurrency: Int? = nil, price: Double? = nil,
        budget: Budget? = nil, hasMemo: Bool = false, batch: BatchTerms? = nil, isRemote: Bool = false
    ) {
        self.requests = requests
        self.tokens = tokens
        self.concurrency = concurrency
        self.price = price
        self.budget = budget
        self.hasMemo = hasMemo
        self.batch = batch
        self.isRemote = isRemote
    }
}

/// When inputs go by a provider's batch API, and how often it is asked how far it is.
package struct BatchTerms: Hashable, Sendable {
    /// Backfills of more inputs do.
    package let above: Int
    package let poll: Duration

    package init(above: Int, poll: Duration = .seconds(60)) {
        self.above = above
        self.poll = poll
    }
}

/// So many in so long.
package struct Rate: Hashable, Sendable {
    package let count: Int
    package let period: Duration

    package init(_ count: Int, per period: Duration) {
        self.count = count
        self.period = period
    }
}

/// What may be spent on a model in a period of the calendar (UTC).
package struct Budget: Hashable, Sendable {
    package enum Period: String, Hashable, Sendable {
        case hour, day, month
    }

    /// In the currency of the price.
    package let amount: Double
    /// Nil: for all time.
    package let period: Period?

    package init(_ amount: Double, per period: Period?) {
        self.amount = amount
        self.period = period
    }
}
