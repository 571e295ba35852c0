import LockstepCore
import MongoBSON
import MongoDriver

/// The parked documents: at most one entry a document and listener, in `lockstep.failures`.
package struct FailureStore: Sendable {
    package static let collection = "lockstep.failures"

    package let connection: Connection

    package init(connection: Connection) {
        self.connection = connection
    }

    /// Why a document has no output.
    package struct Failure: Sendable {
        package let listener: String
        package let document: BSONValue
        package let reason: String
        package let attempts: Int
        package let input: Fingerprint?
        package let version: String
        /// When it was last tried, in milliseconds since 1970.
        package let at: Int64
        /// When it was parked first; for a new one the same.
        package var since: Int64
        /// The output's size, when there was no room for it in the document.
        package var outputBytes: Int?
        /// A person wants it tried again.
        package var retry = false
        /// MongoDB's code, when a rule of the collection refused the output: retried when the rules are others.
        package var rule: Int?
        /// What the rules were then; see ``CollectionRules/fingerprint``.
        package var rules: String?
        /// An output stands in the document that can be neither replaced nor removed.
        package var isStuck = false
        /// What the model ran with when the input broke it: tried again under another one. Nil when it was refused.
        package var setup: String?

        package init(
            listener: String, document: BSONValue, reason: String, attempts: Int, input: Fingerprint?,
            version: String, at: Int64, since: Int64, outputBytes: Int? = nil, retry: Bool = false,
            rule: Int? = nil, rules: String? = nil, isStuck: Bool = false, setup: String? = nil
        ) {
            self.listener = listener
            self.document = document
            self.reason = reason
            self.attempts = attempts
            self.input = input
            self.version = version
            self.at = at
            self.since = since
            self.outputBytes = outputBytes
            self.retry = retry
            self.rule = rule
            self.rules = rules
            self.isStuck = isStuck
            self.setup = setup
        }
    }

    package func park(_ failures: [Failure]) throws(MongoError) {
        for some in failures.slices(bytes: BSONDocument.bytesOfIDsPerCommand, { $0.document.bytes.count }) {
            try parkTogether(some)
        }
    }

    private func parkTogether(_ failures: ArraySlice<Failure>) throws(MongoError) {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "update")
        command.array("updates") { updates in
            for (index, failure) in failures.enumerated() {
                updates.document(String(index)) { operation in
                    operation.document("q") { $0.append(failure.id, forKey: "_id") }
                    operation.document("u") { update in
                        update.document("$set") { fields in
                            fields.append(failure.reason, forKey: "reason")
                            fields.append(failure.attempts, forKey: "attempts")
                            if let input = failure.input { fields.append(input.value, forKey: "input") }
                            fields.append(failure.version, forKey: "version")
                            fields.append(milliseconds: failure.at, forKey: "at")
                            if let bytes = failure.outputBytes { fields.append(bytes, forKey: "outputBytes") }
                            if let rule = failure.rule { fields.append(rule, forKey: "rule") }
                            if let rules = failure.rules { fields.append(rules, forKey: "rules") }
                            if failure.isStuck { fields.append(true, forKey: "stuck") }
                            if let setup = failure.setup { fields.append(setup, forKey: "setup") }
                        }
                        update.document("$setOnInsert") {
                            $0.append(milliseconds: failure.at, forKey: "since")
                        }
                        update.document("$unset") { fields in
                            fields.append(1, forKey: "retry")
                            if failure.input == nil { fields.append(1, forKey: "input") }
                            if failure.outputBytes == nil { fields.append(1, forKey: "outputBytes") }
                            if failure.rule == nil { fields.append(1, forKey: "rule") }
                            if failure.rules == nil { fields.append(1, forKey: "rules") }
                            if !failure.isStuck { fields.append(1, forKey: "stuck") }
                            if failure.setup == nil { fields.append(1, forKey: "setup") }
                        }
                    }
                    operation.append(true, forKey: "upsert")
                }
            }
        }
        try connection.store(command, collection: Self.collection, operation: "update")
    }

    /// These documents are fresh or gone.
    package func clear(listener: String, documents: [BSONValue]) throws(MongoError) {
        for some in documents.slices(bytes: BSONDocument.bytesOfIDsPerCommand, { $0.bytes.count }) {
            try clearTogether(listener: listener, documents: some)
        }
    }

    private func clearTogether(listener: String, documents: ArraySlice<BSONValue>) throws(MongoError) {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "delete")
        command.array("deletes") { deletes in
            deletes.document("0") { operation in
                operation.document("q") { Self.append(listener, documents, to: &$0) }
                operation.append(0, forKey: "limit")
            }
        }
        try connection.store(command, collection: Self.collection, operation: "delete")
    }

    /// Everything of listeners that are no longer there.
    package func forget(listeners: some Sequence<String>) throws(MongoError) {
        for listener in listeners {
            var command = BSONBuilder()
            command.append(Self.collection, forKey: "delete")
            command.array("deletes") { deletes in
                deletes.document("0") { operation in
                    operation.document("q") { filter in
                        filter.document("_id") { Self.append(range: listener, to: &$0, from: true) }
                    }
                    operation.append(0, forKey: "limit")
                }
            }
            try connection.store(command, collection: Self.collection, operation: "delete")
        }
    }

    /// Lends a listener's parked documents, a page at a time.
    package func forEachPage(listener: String, _ body: ([DocumentKey]) throws -> Void) throws {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "find")
        command.document("filter") { filter in
            filter.document("_id") { Self.append(range: listener, to: &$0, from: true) }
        }
        var page: [DocumentKey] = []
        try connection.query(command, collection: Self.collection) { view in
            guard let failure = Failure(view) else { return }
            page.append(DocumentKey(failure.document))
            guard page.count == 1000 else { return }
            try body(page)
            page = []
        }
        if !page.isEmpty { try body(page) }
    }

    /// Which of these documents are parked, with the input and version that failed.
    package func parked(listener: String, documents: [BSONValue]) throws -> [DocumentKey: ParkedEntry] {
        var found: [DocumentKey: ParkedEntry] = [:]
        for some in documents.slices(bytes: BSONDocument.bytesOfIDsPerCommand, { $0.bytes.count }) {
            var command = BSONBuilder()
            command.append(Self.collection, forKey: "find")
            command.document("filter") { Self.append(listener, some, to: &$0) }
            try connection.query(command, collection: Self.collection) { view in
                guard let failure = Failure(view) else { return }
                found[DocumentKey(failure.document)] = ParkedEntry(
                    input: failure.input, version: failure.version, outputBytes: failure.outputBytes,
                    retry: failure.retry, isStuck: failure.isStuck, setup: failure.setup)
            }
        }
        return found
    }

    /// How many documents each listener has parked, and how many entries are none of Lockstep's.
    package func counts() throws -> (parked: [String: Int], foreign: Int) {
        var counts: (parked: [String: Int], foreign: Int) = ([:], 0)
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "aggregate")
        command.array("pipeline") { stages in
            stages.document("0") { stage in
                stage.document("$group") { group in
                    group.append("$_id.listener", forKey: "_id")
                    group.document("count") { $0.append(1, forKey: "$sum") }
                }
            }
        }
        command.document("cursor") { _ in }
        try connection.query(command, collection: Self.collection, operation: "aggregate") { view in
            let count = Int(view["count"]?.int64 ?? 0)
            if let listener = view["_id"]?.string {
                counts.parked[listener] = count
            } else {
                counts.foreign += count
            }
        }
        return counts
    }

    /// Whether an input of the listener broke its model under another setup than this one.
    package func hasBroken(listener: String, underOtherThan setup: String) throws -> Bool {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "find")
        command.document("filter") { filter in
            filter.document("_id") { Self.append(range: listener, to: &$0, from: true) }
            filter.document("setup") { other in
                other.append("string", forKey: "$type")
                other.append(setup, forKey: "$ne")
            }
        }
        command.append(1, forKey: "limit")
        var isThere = false
        try connection.query(command, collection: Self.collection) { _ in isThere = true }
        return isThere
    }

    /// The listeners that have a document parked since there was no room in it.
    package func oversized() throws -> Set<String> {
        var listeners: Set<String> = []
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "find")
        command.document("filter") { filter in
            filter.document("outputBytes") { $0.append(true, forKey: "$exists") }
        }
        command.appendIDHint()
        try connection.query(command, collection: Self.collection) { view in
            if let listener = view["_id"]?.nested?["listener"]?.string { listeners.insert(listener) }
        }
        return listeners
    }

    /// Parked documents in the order of their entries, behind an entry's `_id`.
    package func page(
        listener: String?, after id: BSONDocument?, limit: Int, isRequested: Bool = false
    ) throws -> [Failure] {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "find")
        command.document("filter") { filter in
            filter.document("_id") { range in
                if let id { range.append(id, forKey: "$gt") }
                Self.append(range: listener, to: &range, from: id == nil)
            }
            if isRequested { filter.append(true, forKey: "retry") }
        }
        command.document("sort") { $0.append(1, forKey: "_id") }
        command.append(limit, forKey: "limit")
        var failures: [Failure] = []
        try connection.query(command, collection: Self.collection) { view in
            if let failure = Failure(view) { failures.append(failure) }
        }
        return failures
    }

    /// How many entries there are; an index alone is read.
    package func count(listener: String?) throws -> Int {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "aggregate")
        command.array("pipeline") { stages in
            stages.document("0") { stage in
                stage.document("$match") { filter in
                    filter.document("_id") { Self.append(range: listener, to: &$0, from: true) }
                }
            }
            stages.document("1") { $0.append("count", forKey: "$count") }
        }
        command.document("cursor") { _ in }
        var count = 0
        try connection.query(command, collection: Self.collection, operation: "aggregate") { view in
            count = Int(view["count"]?.int64 ?? 0)
        }
        return count
    }

    /// The entries of a listener, or all; those of others are no documents.
    package static func append(range listener: String?, to range: inout BSONBuilder, from: Bool) {
        let name = listener.map { BSONValue($0) }
        func bound(_ end: BSONValue) -> BSONDocument { ["listener": name ?? end, "document": end] }
        if from { range.append(bound(.minKey), forKey: "$gte") }
        range.append(bound(.maxKey), forKey: "$lte")
    }

    /// Marks parked documents to be tried again by whoever runs: those that match what is given.
    package func requestRetry(
        listener: String?, document: BSONValue?, reason: String? = nil
    ) throws(MongoError) -> Int {
        var command = BSONBuilder()
        command.append(Self.collection, forKey: "update")
        command.array("updates") { updates in
            updates.document("0") { operation in
                operation.document("q") { filter in
                    if let listener { filter.append(listener, forKey: "_id.listener") }
                    // A document of operators is a value here, too.
                    if let document {
                        filter.document("_id.document") { $0.append(document, forKey: "$eq") }
                    }
                    if let reason { filter.document("reason") { $0.append(reason, forKey: "$eq") } }
                }
                operation.document("u") { $0.document("$set") { $0.append(true, forKey: "retry") } }
                operation.append(true, forKey: "multi")
                operation.appendIDHint()
            }
        }
        return try connection.store(command, collection: Self.collection, operation: "update").matched
    }

    /// What people asked to be tried again of a listener, in the order of the entries, behind an entry's `_id`.
    package func requests(listener: String, after id: BSONDocument?, limit: Int) throws -> [Failure] {
        try page(listener: listener, after: id, limit: limit, isRequested: true)
    }

    private static func append(
        _ listener: String, _ documents: ArraySlice<BSONValue>, to filter: inout BSONBuilder
    ) {
        filter.document("_id") { id in
            id.array("$in") { list in
                for (index, document) in documents.enumerated() {
                    list.append(Failure.id(listener: listener, document: document), forKey: String(index))
                }
            }
        }
    }
}

extension FailureStore.Failure {
    package static func id(listener: String, document: BSONValue) -> BSONDocument {
        ["listener": BSONValue(listener), "document": document]
    }

    package var id: BSONDocument {
        Self.id(listener: listener, document: document)
    }

    /// Nil when the entry is not one that Lockstep wrote.
    package init?(_ view: BSONView) {
        guard let id = view["_id"]?.nested, let listener = id["listener"]?.string,
            let document = id["document"]
        else { return nil }
        self.init(
            listener: listener, document: BSONValue(copying: document), reason: view["reason"]?.string ?? "",
            attempts: Int(view["attempts"]?.int64 ?? 0),
            input: (view["input"]?.value).flatMap { value in
                value.count == 21 ? Fingerprint(bytes: Array(value.suffix(16))) : nil
            },
            version: view["version"]?.string ?? "", at: view["at"]?.milliseconds ?? 0,
            since: view["since"]?.milliseconds ?? 0, outputBytes: view["outputBytes"]?.int64.map { Int($0) },
            retry: view["retry"]?.bool ?? false, rule: view["rule"]?.int64.map { Int($0) },
            rules: view["rules"]?.string, isStuck: view["stuck"]?.bool ?? false,
            setup: view["setup"]?.string)
    }
}
