import LockstepCore
import LockstepState
import MongoBSON
import MongoDriver

/// How many of a listener's documents are what they should be.
public struct ListenerReport: Sendable, Hashable {
    /// The listener's id.
    public let id: String
    public let on: String
    public let key: String
    public let model: String
    /// The path of its output.
    public let output: String
    /// Documents with an input; the sum of fresh, stale, missing and failed.
    public var documents = 0
    /// Those whose keys are all missing or null, or that the listener's filter does not match.
    public var withoutInput = 0
    public var fresh = 0
    public var stale = 0
    public var missing = 0
    /// Outputs of documents without an input.
    public var extra = 0
    /// Parked with their present input.
    public var failed = 0
    /// Why MongoDB refuses outputs, and what to do, when documents are parked for that.
    public var refusal: String?

    package init(_ listener: Listener) {
        id = listener.id
        on = listener.collection.name
        key = listener.keyText
        model = listener.modelName
        output = listener.outputPath.text
    }

    /// Every output is right, or its document is parked for a reason.
    public var isFresh: Bool {
        stale == 0 && missing == 0 && extra == 0 && failed == 0
    }

    package mutating func count(_ verdict: Verdict, hasInput: Bool, isParked: Bool) {
        if hasInput { documents += 1 } else { withoutInput += 1 }
        switch verdict {
        case .fresh where !hasInput: break
        case .fresh: fresh += 1
        case _ where isParked: failed += 1
        case .stale: stale += 1
        case .missing: missing += 1
        case .extra: extra += 1
        }
    }
}

extension ListenerReport {
    public var document: BSONDocument {
        let counts: BSONDocument = [
            "on": BSONValue(on), "key": BSONValue(key), "model": BSONValue(model),
            "documents": BSONValue(documents), "withoutInput": BSONValue(withoutInput),
            "fresh": BSONValue(fresh), "stale": BSONValue(stale), "missing": BSONValue(missing),
            "extra": BSONValue(extra), "failed": BSONValue(failed), "id": BSONValue(id),
            "output": BSONValue(output),
        ]
        guard let refusal else { return counts }
        return BSONDocument(counts.map { ($0.key, $0.value) } + [("refusal", BSONValue(refusal))])
    }
}

/// One pass over a collection: judges every document for every listener, and hands on those that are not fresh.
///
/// Backfill, verification, repair and the audit of standalone servers are this with different ends.
package struct Audit {
    package let connection: Connection
    package let collection: String
    package let listeners: [Listener]
    /// Whether each listener may have parked documents; nil to ask, which reads all that are parked.
    package var mayHaveParked: [Bool]?

    package init(
        connection: Connection, collection: String, listeners: [Listener], mayHaveParked: [Bool]? = nil
    ) {
        self.connection = connection
        self.collection = collection
        self.listeners = listeners
        self.mayHaveParked = mayHaveParked
    }

    package struct Page {
        /// The place in the scan after this page.
        package let upTo: BSONValue
        package let documents: Int
        /// Those of them without an input, by the listener's place.
        package var withoutInput: [Int]
        /// Documents that are not fresh, by the listener's place.
        /// `retry`: it is parked, and a person wants it tried again.
        package var unfresh:
            [(listener: Int, key: DocumentKey, input: Fingerprint?, verdict: Verdict, retry: Bool)] =
                []
    }

    /// - Returns: the tally of each listener, in their order.
    package func run(from after: BSONValue?, _ body: (Page) throws -> Bool) throws -> [ListenerReport] {
        var reports = listeners.map(ListenerReport.init)
        var digest = SHA256()
        let failures = FailureStore(connection: connection)
        let mayHaveParked: [Bool]
        if let known = self.mayHaveParked {
            mayHaveParked = known
        } else {
            let counts = try failures.counts().parked
            mayHaveParked = listeners.map { counts[$0.id] != nil }
        }
        let scan = CollectionScan(connection: connection, collection: collection, listeners: listeners)
        try scan.forEachPage(from: after) { documents in
            guard let last = documents.last else { return true }
            var page = Page(
                upTo: last.key.id, documents: documents.count, withoutInput: listeners.map { _ in 0 })
            for (place, listener) in listeners.enumerated() {
                var suspects:
                    [(
                        key: DocumentKey, verdict: Verdict, fingerprint: Fingerprint?, isBare: Bool,
                        isJudged: Bool
                    )] = []
                for document in documents {
                    let evidence = document.evidence[place]
                    let fingerprint = evidence.input.map { Fingerprint(of: $0, with: &digest) }
                    if fingerprint == nil { page.withoutInput[place] += 1 }
                    let verdict = evidence.verdict(fingerprint: fingerprint, version: listener.model.version)
                    if verdict == .fresh {
                        reports[place].count(.fresh, hasInput: fingerprint != nil, isParked: false)
                    } else {
                        let isBare = evidence.stored.isBare
                        let isJudged = evidence.unjudged == nil
                        suspects.append(
                            (document.key, verdict, isJudged ? fingerprint : nil, isBare, isJudged))
                    }
                }
                let parked =
                    !mayHaveParked[place] || suspects.isEmpty
                    ? [:] : try failures.parked(listener: listener.id, documents: suspects.map(\.key.id))
                for (key, verdict, fingerprint, isBare, isJudged) in suspects {
                    let entry = parked[key]
                    // A parked document has no output; if it has one, that is not Lockstep's.
                    let isParked =
                        isBare
                        && entry?.isUpheld(
                            by: fingerprint, version: listener.model.version, setup: listener.model.setup)
                            == true
                    // On what the filter cannot be evaluated, no repair gives an output to.
                    reports[place].count(
                        verdict, hasInput: verdict != .extra, isParked: isParked || !isJudged)
                    // mechanism retry-seen, off: entry?.retry ?? false becomes false
                    let retry = entry?.retry ?? false
                    if !isParked || retry { page.unfresh.append((place, key, fingerprint, verdict, retry)) }
                }
            }
            return try body(page)
        }
        return reports
    }
}
