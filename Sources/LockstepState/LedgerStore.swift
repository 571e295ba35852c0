import LockstepCore
import MongoBSON
import MongoDriver

/// The ledger in `lockstep.ledger`: what each model has used and cost, a document a model and day (UTC).
package struct LedgerStore: Sendable {
    package static let collection = "lockstep.ledger"

    package let connection: Connection

    /// Days that are kept; what older ones cost is kept as one sum, for budgets of all time.
    package static let daysKept: Int64 = 400
    /// The day of that sum, before all others.
    private static let before = ""
    /// Entries that a document remembers: so many writers may stand between an attempt and the next.
    private static let remembered = 16

    package init(connection: Connection) {
        self.connection = connection
    }

    /// What a model used on one day.
    package struct Row: Hashable, Sendable {
        package let day: String
        package let model: String
        package let counts: LedgerCounts
    }

    /// Adds something, once, however often it is called with the same entry.
    package func add(_ entry: LedgerEntry) throws(MongoError) {
        let counts = entry.counts
        var increments: [(String, BSONValue)] = [
            ("calls", BSONValue(int64: Int64(counts.calls))),
            ("inputs", BSONValue(int64: Int64(counts.inputs))),
            ("tokens", BSONValue(int64: Int64(counts.tokens))),
            ("retries", BSONValue(int64: Int64(counts.retries))), ("price", BSONValue(counts.price)),
        ]
        if counts.price > 0 { increments.append(("hours.\(entry.hour.hour)", BSONValue(counts.price))) }
        let update: BSONValue = [
            "$inc": BSONValue(BSONDocument(increments)),
            "$push": ["added": ["$each": [entry.id], "$slice": BSONValue(-Self.remembered)]],
        ]
        let filter: BSONDocument = [
            "_id": Self.id(entry.model, entry.hour.day), "added": ["$ne": entry.id],
        ]
        do throws(MongoError) {
            try connection.store(Update(Self.collection, [.init(filter, update, isUpsert: true)]))
        } catch {
            // The document is there and has the entry. Or another process has made it at this moment.
            guard error.code == MongoError.Code.duplicateKey else { throw error }
            try connection.store(Update(Self.collection, [.init(filter, update)]))
        }
    }

    /// The days from one on, the newest first.
    package func rows(since day: String) throws -> [Row] {
        var rows: [Row] = []
        let find = Find(
            Self.collection, ["_id": ["$gte": Self.bound(max(day, "0"))]], sort: ["_id": -1])
        try connection.query(find) { view in
            if let row = Row(view) { rows.append(row) }
        }
        return rows
    }

    /// What a model has cost in the period of a budget, so far.
    package func spent(on model: String, _ budget: Budget, at time: CalendarTime) throws -> Double {
        let filter: BSONDocument
        switch budget.period {
        case .hour, .day: filter = ["_id": Self.id(model, time.dayText)]
        case .month:
            filter = [
                "_id": ["$gte": Self.bound(time.monthText), "$lt": Self.bound(time.monthText + "-99")],
                "_id.model": BSONValue(model),
            ]
        case nil: filter = ["_id": ["$gte": Self.bound(Self.before)], "_id.model": BSONValue(model)]
        }
        var (spent, through) = (0.0, "")
        var days: [(day: String, price: Double)] = []
        try connection.query(Find(Self.collection, filter)) { view in
            let price =
                budget.period == .hour
                ? view["hours"]?.nested?[time.hourText]?.number : view["price"]?.number
            guard let day = view["_id"]?.nested?["day"]?.string, let price else { return }
            if day == Self.before { through = view["through"]?.string ?? "" }
            days.append((day, price))
        }
        // A day that is in the sum of older ones may not have been removed yet.
        for (day, price) in days where day == Self.before || day > through { spent += price }
        return spent
    }

    /// Adds what is older than it is kept to the sum of older days, and removes it.
    package func forget(before day: String) throws {
        var old: [String: [(day: String, price: Double)]] = [:]
        let range: BSONDocument = ["_id": ["$gte": Self.bound(Self.before), "$lt": Self.bound(day)]]
        var sums: [String: String] = [:]
        try connection.query(Find(Self.collection, range)) { view in
            guard let id = view["_id"]?.nested, let model = id["model"]?.string, let day = id["day"]?.string
            else { return }
            if day == Self.before { sums[model] = view["through"]?.string ?? "" }
            old[model, default: []].append((day, view["price"]?.number ?? 0))
        }
        for (model, days) in old {
            let through = sums[model]
            let added = days.filter { $0.day > through ?? "" }
            guard let last = added.map(\.day).max() else { continue }
            let price = added.reduce(0) { $0 + $1.price }
            let update: BSONValue = [
                "$inc": ["price": BSONValue(price)], "$set": ["through": BSONValue(last)],
            ]
            let filter: BSONDocument = [
                "_id": Self.id(model, Self.before),
                "through": through.map { BSONValue($0) } ?? ["$exists": false],
            ]
            try connection.store(Update(Self.collection, [.init(filter, update, isUpsert: true)]))
        }
        // Only now: what is removed is in the sums.
        try connection.store(
            Delete(Self.collection, ["_id": ["$gte": Self.bound("0"), "$lt": Self.bound(day)]]))
    }

    private static func id(_ model: String, _ day: String) -> BSONValue {
        ["day": BSONValue(day), "model": BSONValue(model)]
    }

    /// Before all ids of a day.
    private static func bound(_ day: String) -> BSONValue {
        ["day": BSONValue(day)]
    }
}

extension LedgerStore.Row {
    /// Nil when it is not Lockstep's.
    fileprivate init?(_ view: BSONView) {
        guard let id = view["_id"]?.nested, let model = id["model"]?.string, let day = id["day"]?.string
        else { return nil }
        func count(_ name: String) -> Int { Int(clamping: view[name]?.int64 ?? 0) }
        self.init(
            day: day, model: model,
            counts: LedgerCounts(
                calls: count("calls"), inputs: count("inputs"), tokens: count("tokens"),
                retries: count("retries"), price: view["price"]?.number ?? 0))
    }
}

extension BSONElement {
    fileprivate var number: Double? {
        BSONValue(copying: self).double.flatMap { $0.isFinite ? $0 : nil }
    }
}
