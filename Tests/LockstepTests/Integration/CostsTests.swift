@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import LockstepState
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// What services cost: the ledger, budgets, and calls side by side.
@Suite struct CostsTests {
    /// A million tokens cost a million: a token, one.
    private static let price = 1_000_000.0

    private func insert(_ ids: Range<Int>, _ db: Database) async throws {
        try await db[docs].insertMany(ids.map { ["_id": BSONValue($0), "text": "abcde"] })
    }

    private func totals(_ db: Database) async throws -> LedgerCounts {
        try await db.costs(since: .seconds(86400)).reduce(LedgerCounts()) { $0 + $1.counts }
    }

    @Test func whatCallsUseIsInTheLedgerOverRestarts() async throws {
        try await withDatabase { db in
            let model = MeteredProvider(ModelTerms(price: Self.price))
            try await db.add(Listener(provider: model, on: docs, key: "text"))
            try await insert(0..<100, db)
            try await watching(db) { try await $0.waitUntilQuiet() }
            try await insert(100..<150, db)
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                try await eventually("it is saved") { try await totals(db).inputs == 150 }
                try await eventually("it is told") { watcher.status().models.map(\.tokens) == [750] }
            }
            let counts = try await totals(db)
            #expect(counts.inputs == 150 && counts.tokens == 750 && counts.price == 750)
            #expect(counts.calls == model.seen.calls && counts.retries == 0)
            #expect(try await db.costs(since: .seconds(86400)).map(\.model) == ["small"])
        }
    }

    @Test func aRefusedCallIsCountedAsOneThatIsMadeAgain() async throws {
        try await withDatabase { db in
            let model = MeteredProvider(ModelTerms())
            model.refuse(1)
            try await db.add(Listener(provider: model, on: docs, key: "text"))
            try await insert(0..<20, db)
            try await watching(db) { watcher in
                try await watcher.waitUntilQuiet()
                #expect(watcher.status().models.map(\.refused) == [1])
            }
            let counts = try await totals(db)
            #expect(counts.retries == 1 && counts.inputs == 20 && counts.price == 0)
            #expect(try await db.audit()[0].fresh == 20)
        }
    }

    @Test func callsOfAServiceGoSideBySideUpToItsCeiling() async throws {
        try await withDatabase { db in
            let model = MeteredProvider(ModelTerms(concurrency: 6), batch: 2)
            try await db.add(Listener(provider: model, on: docs, key: "text"))
            try await insert(0..<1000, db)
            try await watching(db) { try await $0.waitUntilQuiet() }
            #expect(model.seen.most == 6 && model.seen.inputs == 1000)
        }
    }

    @Test func aModelWhoseBudgetIsSpentWaitsAndHoldsUpNobody() async throws {
        try await withDatabase { db in
            let model = MeteredProvider(ModelTerms(price: Self.price, budget: Budget(200, per: nil)))
            let other = TextLength("other")
            try await db.add(Listener(provider: model, on: docs, key: "text"))
            try await db.add(Listener(model: other, on: docs, key: "text"))
            try await insert(0..<100, db)
            try await watching(db) { watcher in
                try await eventually("it waits") { watcher.status().listeners[0].state == .spent }
                try await insert(100..<120, db)
                let time = try await watcher.operationTime()
                try await eventually("the other goes on") { other.inputs.count == 120 }
                // What waits for the budget keeps no position.
                try await eventually("the position passes") {
                    try await db.daemon.checkpoint()?.position.map { $0.clusterTime >= time! } ?? false
                }
                let status = watcher.status()
                #expect(status.listeners[0].failed == 0)
                #expect(status.listeners[0].reason?.contains("the budget of `small`, 200, is spent") == true)
                #expect(status.models[0].waits != nil && status.models[0].spent ?? 0 <= 200)
                await #expect(throws: LockstepError.self) {
                    try await watcher.waitUntilFresh(timeout: .milliseconds(100))
                }
            }
            let spent = try await totals(db).price
            #expect(spent <= 200 && spent >= 100)
            #expect(try await db.failures().isEmpty)
            // What was spent is known after a restart; a budget that is raised goes on.
            let calls = model.seen.calls
            try await watching(db) { watcher in
                try await eventually("it waits still") { watcher.status().listeners[0].state == .spent }
                #expect(model.seen.calls == calls)
            }
            let raised = MeteredProvider(ModelTerms(price: Self.price, budget: Budget(10_000, per: nil)))
            let again = try await Database.connect(try TestServer.uri(), database: db.name)
            try await again.add(Listener(provider: raised, on: docs, key: "text"))
            try await watching(again) { try await $0.waitUntilQuiet() }
            #expect(try await again.audit()[0].fresh == 120)
            #expect(try await totals(db).price == 600)
        }
    }

    @Test func whatARecomputationAsksIsInTheLedgerAndKeepsToTheBudget() async throws {
        try await withDatabase { db in
            let model = MeteredProvider(ModelTerms(price: Self.price, budget: Budget(250, per: nil)))
            try await db.add(Listener(provider: model, on: docs, key: "text"))
            try await insert(0..<25, db)
            try await watching(db) { try await $0.waitUntilQuiet() }
            #expect(try await totals(db).price == 125)
            #expect(try await db.recomputation()[0].compared == 25)
            #expect(try await totals(db).price == 250)
            let calls = model.seen.calls
            await #expect(throws: LockstepError.self) { try await db.recomputation() }
            #expect(model.seen.calls == calls)
        }
    }

    @Test func aCommandOfAPersonIsCountedAndNotRefused() async throws {
        try await withDatabase { db in
            let model = MeteredProvider(ModelTerms(price: Self.price, budget: Budget(5, per: nil)))
            let calls = CommandCalls()
            _ = try await calls.counted(model).predict(["abcde", "abcdefg"])
            await db.save(calls)
            let counts = try await totals(db)
            #expect(counts.calls == 1 && counts.inputs == 2 && counts.tokens == 12 && counts.price == 12)
        }
    }

    @Test func whatIsSentBesideTheInputsCountsBeforeTheFirstCall() async throws {
        try await withDatabase { db in
            // A thousand tokens with each text, by the first estimate.
            let frame = InputFrame(String(repeating: "word", count: 1000))
            let terms = ModelTerms(price: Self.price, budget: Budget(500, per: nil))
            let model = MeteredProvider(terms, frame: frame)
            try await db.add(Listener(provider: model, on: docs, key: "text"))
            try await insert(0..<1, db)
            try await watching(db) { watcher in
                try await eventually("it waits") { watcher.status().listeners[0].state == .spent }
                let reason = watcher.status().listeners[0].reason
                #expect(reason?.contains("does not cover its next call") == true, "\(reason ?? "")")
            }
            #expect(model.seen.calls == 0)
        }
    }

    // MARK: The ledger

    private static func entry(_ day: String, _ price: Double, model: String = "small") -> LedgerEntry {
        let hours = Int64(20_000 * 24)
        var time = hours * 3_600_000
        while CalendarTime(milliseconds: time).dayText != day { time += 86_400_000 }
        return LedgerEntry(
            model: model, hour: LedgerHour(milliseconds: time), counts: LedgerCounts(calls: 1, price: price))
    }

    @Test func anEntryIsAddedOnceHoweverOftenItIsSent() async throws {
        try await withDatabase { db in
            let store = LedgerStore(connection: db.connection)
            let (one, two) = (Self.entry("2025-01-02", 1), Self.entry("2025-01-02", 10))
            for entry in [one, one, two, one, two] { try store.add(entry) }
            #expect(try store.rows(since: "2025-01-01").map(\.counts.price) == [11])
        }
    }

    @Test func aBudgetCountsWhatLiesInItsPeriod() async throws {
        try await withDatabase { db in
            let store = LedgerStore(connection: db.connection)
            for (day, price) in [
                ("2024-12-31", 1.0), ("2025-01-01", 2), ("2025-01-31", 4), ("2025-02-01", 8),
            ] {
                try store.add(Self.entry(day, price))
                try store.add(Self.entry(day, 100, model: "other"))
            }
            let time = Self.entry("2025-01-31", 0).hour.time
            #expect(try store.spent(on: "small", Budget(1, per: .day), at: time) == 4)
            #expect(try store.spent(on: "small", Budget(1, per: .hour), at: time) == 4)
            #expect(try store.spent(on: "small", Budget(1, per: .month), at: time) == 6)
            #expect(try store.spent(on: "small", Budget(1, per: nil), at: time) == 15)
        }
    }

    @Test func daysThatAreTooOldAreForgottenAndStayInTheSumOfAllTime() async throws {
        try await withDatabase { db in
            let store = LedgerStore(connection: db.connection)
            for (day, price) in [("2024-12-31", 1.0), ("2025-01-01", 2), ("2025-01-31", 4)] {
                try store.add(Self.entry(day, price))
            }
            let time = Self.entry("2025-01-31", 0).hour.time
            for day in ["2025-01-01", "2025-01-01", "2025-01-02"] {
                try store.forget(before: day)
                #expect(try store.spent(on: "small", Budget(1, per: nil), at: time) == 7)
            }
            #expect(try store.rows(since: "2020-01-01").map(\.day) == ["2025-01-31"])
        }
    }
}
