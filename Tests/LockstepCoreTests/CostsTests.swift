import Foundation
import LockstepCore
import Testing

/// Budgets, and what calls are thought to cost.
@Suite struct CostsTests {
    private static func milliseconds(_ date: String) -> Int64 {
        Int64(((try? Date(date, strategy: .iso8601)) ?? .distantPast).timeIntervalSince1970 * 1000)
    }

    @Test(arguments: [
        "1970-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-02-29T12:00:00Z", "2026-11-28T09:10:11Z",
        "2100-03-01T00:00:00Z", "1969-12-31T23:00:00Z",
    ])
    func aMomentIsCutByTheCalendar(date: String) {
        let time = CalendarTime(milliseconds: Self.milliseconds(date))
        #expect("\(time.dayText)T\(time.hourText)" == date.prefix(13))
    }

    @Test(arguments: [
        (Budget.Period.hour, "2026-11-28T10:00Z"), (.day, "2026-11-29T00:00Z"), (.month, "2026-12-01T00:00Z"),
    ])
    func theNextPeriodBegins(period: Budget.Period, text: String) {
        #expect(period.end(after: Self.milliseconds("2026-11-28T09:10:11Z")).text == text)
    }

    private let morning = Self.milliseconds("2026-11-28T09:00:00Z")
    private let nextDay = Self.milliseconds("2026-11-29T00:00:00Z")

    private func reserve(_ price: Double, _ account: inout BudgetAccount, _ now: Int64? = nil) -> Bool {
        let (fits, isOpen) = (account.reserve(price, at: now ?? morning), account.isOpen(at: now ?? morning))
        // Who is refused once is not to try again.
        #expect(fits || !isOpen)
        return fits
    }

    private func isSpent(_ account: inout BudgetAccount, _ now: Int64? = nil) -> Bool {
        account.isSpent(at: now ?? morning)
    }

    private func spent(_ account: inout BudgetAccount) -> Double { account.spent(at: morning) }

    @Test func whatWouldExceedABudgetIsNotBegun() {
        var account = BudgetAccount(Budget(5, per: .day), at: morning)
        for _ in 0..<5 { #expect(reserve(1, &account)) }
        #expect(!reserve(1, &account))
        // What is in flight may turn out cheaper.
        #expect(!isSpent(&account))
        for _ in 0..<5 { account.settle(1, 1, at: morning) }
        #expect(isSpent(&account) && spent(&account) == 5)
        #expect(!isSpent(&account, nextDay) && reserve(1, &account, nextDay))
    }

    @Test func whatWasCheaperThanThoughtLeavesRoom() {
        var account = BudgetAccount(Budget(2, per: nil), at: morning)
        #expect(reserve(2, &account) && !reserve(1, &account))
        account.settle(2, 0.5, at: morning)
        #expect(!isSpent(&account) && reserve(1, &account))
    }

    @Test func whatOthersHaveSpentCounts() {
        var account = BudgetAccount(Budget(5, per: .month), at: morning)
        account.know(4.5, at: morning)
        #expect(!reserve(1, &account) && isSpent(&account))
        account.know(3, at: morning)
        #expect(reserve(1, &account))
    }

    @Test func theWordsSayHowMuchAndUntilWhen() {
        var account = BudgetAccount(Budget(5, per: .day), at: morning)
        account.know(5, at: morning)
        _ = account.reserve(1, at: morning)
        #expect(
            account.words("small", at: morning)
                == "the budget of `small`, 5/day, is spent: it goes on at 2026-11-29T00:00Z; raise `budget` and run `lockstep reload` to go on now"
        )
        var all = BudgetAccount(Budget(0.5, per: nil), at: morning)
        _ = all.reserve(1, at: morning)
        #expect(
            all.words("small", at: morning).hasPrefix(
                "the budget of `small`, 0.5, does not cover its next call: it does not go on by itself"))
    }

    @Test func tokensAreEstimatedAsTheyWereCounted() {
        var estimate = TokenEstimate()
        #expect(estimate.tokens(inBytes: 400) == 100)
        estimate.measured(100, inBytes: 200)
        #expect(estimate.tokens(inBytes: 400) == 200)
        for _ in 0..<100 { estimate.measured(100, inBytes: 1000) }
        #expect(abs(estimate.tokens(inBytes: 1000) - 100) < 1)
    }
}
