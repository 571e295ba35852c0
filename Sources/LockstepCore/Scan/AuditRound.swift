import MongoBSON

/// The progress of the periodic audit: it reads all documents once a round, page by page, spread over the time of the
/// round.
///
/// A value without a server or a clock; times are milliseconds since 1970.
package struct AuditRound: Hashable, Sendable {
    package var began: Int64
    /// The collection whose documents are read; nil before the first.
    package var collection: String?
    /// The `_id` up to which they are read.
    package var after: BSONValue?
    /// Read in this round.
    package var documents = 0
    /// Not fresh, and without a change event.
    package var found = 0
    /// When the round before ended, and what all rounds before found.
    package var completed: Int64?
    package var foundBefore = 0

    /// Documents in a page, at most.
    package static let page = ScanPlace.pageSize

    package init(began: Int64) {
        self.began = began
    }

    /// When the next page is to be read, and at last the round to end: as much of its time is over as of its documents.
    package func due(of total: Int, every: Duration) -> Int64 {
        let share = total > 0 ? Double(min(documents, total)) / Double(total) : 1
        return began + Int64((share * every.milliseconds).rounded())
    }

    /// After a pause the rest is not read at once: the round is taken to have begun so that its next page is due now.
    package mutating func resume(of total: Int, every: Duration, at now: Int64) {
        let due = due(of: total, every: every)
        if due < now { began += now - due }
    }

    /// The collection that is read next, of those with listeners; nil at the end of the round.
    package func next(of collections: [String]) -> String? {
        let collections = collections.sorted()
        guard let collection else { return collections.first }
        if collections.contains(collection) { return collection }
        return collections.first { $0 > collection }
    }

    /// A page is read, and what was not fresh in it computed.
    package mutating func read(_ collection: String, upTo id: BSONValue, documents: Int, found: Int) {
        self.collection = collection
        after = id
        self.documents += documents
        self.found += found
    }

    /// There are no more documents in a collection.
    package mutating func ended(_ collection: String, of collections: [String], at now: Int64) {
        after = nil
        if let next = collections.sorted().first(where: { $0 > collection }) {
            self.collection = next
        } else {
            endedAll(at: now)
        }
    }

    /// There is no collection left.
    package mutating func endedAll(at now: Int64) {
        var next = AuditRound(began: now)
        next.completed = now
        next.foundBefore = foundBefore + found
        self = next
    }
}

extension Duration {
    package var milliseconds: Double {
        self / .milliseconds(1)
    }
}

extension AuditRound {
    /// Larger numbers were written by hand, and sums of them would overflow.
    private static let most: Int64 = 1 << 53

    /// Nil when this version did not store it.
    package init?(_ document: BSONDocument) {
        guard let began = document["began"]?.millisecondsSince1970, (0...Self.most).contains(began) else {
            return nil
        }
        self.init(began: began)
        collection = document["collection"]?.string
        after = collection == nil ? nil : document["after"]
        func count(_ name: String) -> Int { min(max(0, document[name]?.int ?? 0), Int(Self.most)) }
        documents = count("documents")
        found = count("found")
        completed = document["completed"]?.millisecondsSince1970
        foundBefore = count("foundBefore")
    }

    package var document: BSONDocument {
        var fields: [(String, BSONValue)] = [
            ("began", BSONValue(millisecondsSince1970: began)), ("documents", BSONValue(documents)),
            ("found", BSONValue(found)), ("foundBefore", BSONValue(foundBefore)),
        ]
        if let collection { fields.append(("collection", BSONValue(collection))) }
        if let after { fields.append(("after", after)) }
        if let completed { fields.append(("completed", BSONValue(millisecondsSince1970: completed))) }
        return BSONDocument(fields)
    }
}
