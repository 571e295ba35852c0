import LockstepCore
import Testing

/// Jobs at batch APIs count in a budget before they are started, and by what they cost in the end.
@Suite struct BatchBudgetTests {
    // 2026-11-28 and the day after it.
    private let today: Int64 = 1_795_860_000_000
    private let tomorrow: Int64 = 1_795_946_400_000

    private func job(
        _ phase: BatchJob.Phase = .running, token: String = "t", at: Int64? = nil, estimate: Double? = nil,
        price: Double? = nil, id: String? = "b"
    ) -> BatchJob {
        var job = BatchJob(
            token: token, listener: "docs/text/m", model: "m", version: "1", inputs: 10, at: at ?? today)
        (job.phase, job.estimate, job.price, job.job) = (phase, estimate, price, id)
        return job
    }

    private func reserve(_ prices: [Double], _ account: inout BudgetAccount) -> Int {
        account.reserve(upTo: prices, at: today)
    }

    private func carry(_ job: BatchJob, _ account: inout BudgetAccount) -> Bool {
        account.carry(job, at: tomorrow)
    }

    private func spent(_ account: inout BudgetAccount, _ now: Int64? = nil) -> Double {
        account.spent(at: now ?? today)
    }

    private func isSpent(_ account: inout BudgetAccount) -> Bool { account.isSpent(at: today) }

    @Test func aFileHoldsWhatTheBudgetAffords() {
        for (prices, known, count) in [
            ([1.0, 1, 1], 0.0, 3), ([1, 1, 1], 3, 2), ([3, 1, 1], 3, 0), ([], 5, 0), ([1, 1, 1], 5, 0),
            ([0, 0], 5, 2),
        ] {
            var account = BudgetAccount(Budget(5, per: .day), at: today)
            account.know(known, at: today)
            #expect(reserve(prices, &account) == count, "\(prices) beside \(known)")
            // What is reserved for a file is open, until the file is given up.
            account.settle(prices.prefix(count).reduce(0, +), 0, at: today)
            #expect(isSpent(&account) == (count < prices.count && known + prices[count] > 5))
        }
    }

    @Test func aJobCountsByItsEstimateUntilItsPriceIsKnown() {
        for (job, cost) in [
            (job(.prepared, estimate: 3, id: nil), 3.0), (job(.starting, estimate: 3, id: nil), 3),
            (job(.running, estimate: 3), 3), (job(.answered, estimate: 3, price: 2), 2),
            (job(.done, estimate: 3, price: 4), 4), (job(.done, estimate: 3), 3),
            (job(.done, estimate: 3, id: nil), 0), (job(.running), 0),
        ] {
            #expect(job.cost == cost, "\(job)")
        }
    }

    @Test func aJobIsBilledByItsTokensAndElseByWhatItAnswered() {
        for (answers, tokens, estimate, price) in [
            (10, 200, 3.0, 4.0), (0, 0, 3, 0), (10, nil, 3, 3), (5, nil, 3, 1.5), (0, nil, 3, 0),
            (12, nil, 3, 3),
        ] as [(Int, Int?, Double, Double)] {
            var ended = job(estimate: estimate)
            ended.answers = answers
            #expect(ended.price(tokens: tokens, perToken: 0.02) == price)
        }
        var unknown = job()
        unknown.answers = 3
        #expect(unknown.price(tokens: nil, perToken: 0.02) == nil)
    }

    @Test func whatJobsTakeIsSpentAndComesBackWhenTheyWereCheaper() {
        var account = BudgetAccount(Budget(5, per: .day), at: today)
        #expect(reserve([2, 2, 2], &account) == 2)
        account.note(job(estimate: 4), releasing: 4, at: today)
        // A job that runs for hours is no call in flight: the model waits, and says so.
        #expect(spent(&account) == 4 && isSpent(&account))
        #expect(reserve([1.5], &account) == 0 && reserve([1], &account) == 1)
        account.settle(1, 1, at: today)
        #expect(reserve([1], &account) == 0 && isSpent(&account))
        account.note(job(.answered, estimate: 4, price: 3), at: today)
        #expect(spent(&account) == 4 && !isSpent(&account))
        #expect(reserve([1], &account) == 1)
    }

    @Test func aJobCountsInThePeriodItWasBegunIn() {
        var account = BudgetAccount(Budget(5, per: .day), at: today)
        account.note(job(estimate: 4), at: today)
        #expect(spent(&account) == 4 && spent(&account, tomorrow) == 0)
        account.note(job(token: "u", at: tomorrow, estimate: 2), at: tomorrow)
        #expect(spent(&account, tomorrow) == 2)
        var all = BudgetAccount(Budget(5, per: nil), at: today)
        all.know([job(estimate: 4), job(token: "u", at: tomorrow, estimate: 0.5)], at: tomorrow)
        #expect(spent(&all, tomorrow) == 4.5)
    }

    @Test func jobsOfOthersAreReadAndThoseOfThisProcessAreKnownBetter() {
        var account = BudgetAccount(Budget(50, per: .day), at: today)
        account.know([job(token: "other", estimate: 4), job(estimate: 8)], at: today)
        account.note(job(.answered, estimate: 8, price: 6), at: today)
        #expect(spent(&account) == 10)
        // Read before the price was stored.
        account.know([job(.answered, token: "other", estimate: 4, price: 1), job(estimate: 8)], at: today)
        #expect(spent(&account) == 7)
        // Another process has gone on with them meanwhile.
        account.trustStore()
        account.know([job(.answered, estimate: 8, price: 5)], at: today)
        #expect(spent(&account) == 5)
    }

    @Test func aJobThatIsStartedInALaterPeriodHasToFitThere() {
        for (estimate, known, fits) in [(4.0, 0.0, true), (4, 2, false)] {
            var account = BudgetAccount(Budget(5, per: .day), at: tomorrow)
            account.know(known, at: tomorrow)
            #expect(carry(job(.starting, estimate: estimate), &account) == fits)
            #expect(carry(job(.starting, at: tomorrow, estimate: 9), &account))
            #expect(spent(&account, tomorrow) == known)
        }
    }

    @Test(arguments: [
        (Budget.Period.hour, "2026-11-28T10"), (.day, "2026-11-28T00"), (.month, "2026-11-01T00"),
    ])
    func thePresentPeriodBegan(period: Budget.Period, text: String) {
        let time = CalendarTime(milliseconds: period.start(at: today))
        #expect("\(time.dayText)T\(time.hourText)" == text)
    }
}
