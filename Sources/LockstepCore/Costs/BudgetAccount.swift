/// What a model has spent of its budget in the present period, and what calls in flight may add to it.
///
/// A value without a clock; the time comes with each question, in milliseconds since 1970.
package struct BudgetAccount: Sendable {
    package let budget: Budget
    private var period: String
    private var spent = 0.0
    private var inFlight = 0.0
    private var jobs = BatchSpending()
    /// Of the jobs, what lies in the present period.
    private var jobSum = 0.0
    /// The price of the call that was not made, since it would exceed the budget.
    private var wanted: Double?

    package init(_ budget: Budget, at now: Int64) {
        self.budget = budget
        period = Self.period(of: budget, at: now)
    }

    private static func period(of budget: Budget, at now: Int64) -> String {
        budget.period?.name(of: CalendarTime(milliseconds: now)) ?? ""
    }

    /// What is gone, and what may be.
    private var taken: Double { spent + jobSum + inFlight }

    /// Room for a call of that price; false when it would exceed the budget.
    package mutating func reserve(_ price: Double, at now: Int64) -> Bool {
        reserve(upTo: [price], at: now) == 1
    }

    /// Room for as many of some inputs, from the first on, as the budget affords.
    package mutating func reserve(upTo prices: [Double], at now: Int64) -> Int {
        turn(now)
        var sum = 0.0
        defer { inFlight += sum }
        for (place, price) in prices.enumerated() {
            // mechanism budget, off: taken + sum + price <= budget.amount becomes true
            guard taken + sum + price <= budget.amount else {
                wanted = price
                return place
            }
            sum += price
        }
        if !prices.isEmpty { wanted = nil }
        return prices.count
    }

    /// A call has ended that was thought to have one price and had another.
    package mutating func settle(_ reserved: Double, _ price: Double, at now: Int64) {
        turn(now)
        inFlight = max(0, inFlight - reserved)
        spent += price
    }

    /// What the ledger says was spent in a period, by whomever, with what is not in it yet.
    package mutating func know(_ sum: Double, at now: Int64) {
        turn(now)
        spent = sum
    }

    /// Spent in the present period; jobs that are not over count by estimate.
    package mutating func spent(at now: Int64) -> Double {
        turn(now)
        return spent + jobSum
    }

    /// A call was not made for the budget's sake, nothing is in flight that may turn out cheaper, and it still would
    /// exceed it.
    package mutating func isSpent(at now: Int64) -> Bool {
        turn(now)
        guard let wanted, inFlight < 1e-12 else { return false }
        guard taken + wanted > budget.amount else {
            self.wanted = nil
            return false
        }
        return true
    }

    /// A call may begin, as far as is known.
    package mutating func isOpen(at now: Int64) -> Bool {
        turn(now)
        guard let wanted else { return true }
        return taken + wanted <= budget.amount
    }

    private mutating func turn(_ now: Int64) {
        let name = Self.period(of: budget, at: now)
        guard name != period else { return }
        (period, spent, wanted) = (name, 0, nil)
        addJobs()
    }

    /// Why the model waits, and until when.
    package func words(_ model: String, at now: Int64) -> String {
        let goesOn =
            budget.period.map { "it goes on at \($0.end(after: now).text)" } ?? "it does not go on by itself"
        let state = (wanted ?? 0) > budget.amount ? "does not cover its next call" : "is spent"
        return
            "the budget of `\(model)`, \(budget.text), \(state): \(goesOn); raise `budget` and run `lockstep reload` to go on now"
    }
}

// MARK: Jobs at batch APIs

extension BudgetAccount {
    /// A job of this process costs that, or is thought to, in place of what was reserved for it.
    package mutating func note(_ job: BatchJob, releasing reserved: Double = 0, at now: Int64) {
        turn(now)
        inFlight = max(0, inFlight - reserved)
        jobs.note(job)
        addJobs()
    }

    /// What is stored of jobs, of whatever process.
    package mutating func know(_ stored: [BatchJob], at now: Int64) {
        turn(now)
        jobs.know(stored)
        addJobs()
    }

    /// From now on the store knows of all jobs what is to be known.
    package mutating func trustStore() {
        jobs.trustStore()
    }

    /// A job that was to be begun earlier counts in the present period; false when that would exceed the budget.
    package mutating func carry(_ job: BatchJob, at now: Int64) -> Bool {
        turn(now)
        guard Self.period(of: budget, at: job.at) != period else { return true }
        guard reserve(job.cost, at: now) else { return false }
        settle(job.cost, 0, at: now)
        return true
    }

    private mutating func addJobs() {
        jobSum = jobs.sum { Self.period(of: budget, at: $0) == period }
    }
}

extension Budget {
    /// As it is written: `5/day`.
    package var text: String {
        let number = amount == amount.rounded() && abs(amount) < 1e15 ? "\(Int(amount))" : "\(amount)"
        return period.map { "\(number)/\($0.rawValue)" } ?? number
    }
}
