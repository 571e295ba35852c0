import LockstepCore
import LockstepState
import MongoBSON
import MongoDriver

/// One pass over a collection: judges every document for every listener and lends out those that are not fresh.
///
/// Backfill, verification, repair and the audit of standalone servers are this with different ends.
package struct Audit {
    /// A listener that documents are judged for.
    package struct Member {
        let ref: ListenerRef
        let listener: Listener
        /// Whether it may have parked documents; nil to ask, which reads all that are parked.
        let mayHaveParked: Bool?

        package init(_ ref: ListenerRef, _ listener: Listener, mayHaveParked: Bool? = nil) {
            self.ref = ref
            self.listener = listener
            self.mayHaveParked = mayHaveParked
        }
    }

    /// A document that is not fresh for a listener.
    package struct Finding {
        package let listener: ListenerRef
        package let key: DocumentKey
        package let input: Fingerprint?
        package let verdict: Verdict
        /// It is parked, and a person wants it retried.
        package let retry: Bool
    }

    package struct Page {
        /// The place in the scan after this page.
        package let upTo: BSONValue
        package let documents: Int
        /// Those of them without an input, of every member.
        package fileprivate(set) var withoutInput: [ListenerRef: Int] = [:]
        /// Those with a fresh output of a text that was cut, of members that have some.
        package fileprivate(set) var truncated: [ListenerRef: Int] = [:]
        package fileprivate(set) var findings: [Finding] = []
    }

    private let connection: Connection
    private let collection: String
    private let members: [Member]

    package init(connection: Connection, collection: String, members: [Member]) {
        self.connection = connection
        self.collection = collection
        self.members = members
    }

    /// For listeners of a session.
    init(_ reconciler: Reconciler, collection: String, members: [ListenerRef]) {
        self.init(
            connection: reconciler.connection, collection: collection,
            members: members.map { ref in
                Member(
                    ref, reconciler.listeners[ref], mayHaveParked: reconciler.health[ref].hasParked)
            })
    }

    /// - Returns: the report of each member.
    @discardableResult
    package func run(
        from after: BSONValue?, _ body: (Page) throws -> Bool
    ) throws -> [ListenerRef: ListenerReport] {
        let failures = FailureStore(connection: connection)
        let parked = members.allSatisfy { $0.mayHaveParked != nil } ? [:] : try failures.counts().parked
        var judges = members.map { member in
            Judge(
                member, failures: failures,
                mayHaveParked: member.mayHaveParked ?? (parked[member.listener.id] != nil))
        }
        var digest = SHA256()
        let scan = CollectionScan(
            connection: connection, collection: collection, listeners: members.map(\.listener))
        try scan.forEachPage(from: after) { documents in
            guard let last = documents.last else { return true }
            var page = Page(upTo: last.key.id, documents: documents.count)
            for place in judges.indices {
                try judges[place].judge(documents, { $0.evidence[place] }, &digest, &page)
            }
            return try body(page)
        }
        return Dictionary(uniqueKeysWithValues: judges.map { ($0.member.ref, $0.report) })
    }
}

/// Judges documents for one member of an audit.
private struct Judge {
    /// A document that is not fresh, and may be parked.
    private struct Suspect {
        let key: DocumentKey
        let verdict: Verdict
        /// Nil also where the listener's filter cannot be evaluated.
        let input: Fingerprint?
        let isBare: Bool
        let isJudged: Bool
    }

    let member: Audit.Member
    private(set) var report: ListenerReport
    private let failures: FailureStore
    private let mayHaveParked: Bool

    init(_ member: Audit.Member, failures: FailureStore, mayHaveParked: Bool) {
        self.member = member
        report = ListenerReport(member.listener)
        self.failures = failures
        self.mayHaveParked = mayHaveParked
    }

    mutating func judge(
        _ documents: [CollectionScan.Document], _ evidence: (CollectionScan.Document) -> Evidence,
        _ digest: inout SHA256, _ page: inout Audit.Page
    ) throws {
        let model = member.listener.model
        var suspects: [Suspect] = []
        var (withoutInput, truncated) = (0, 0)
        for document in documents {
            let evidence = evidence(document)
            let fingerprint = evidence.input.map { Fingerprint(of: $0, with: &digest) }
            if fingerprint == nil { withoutInput += 1 }
            let verdict = evidence.verdict(fingerprint: fingerprint, version: model.version)
            guard verdict != .fresh else {
                let isTruncated = fingerprint != nil && evidence.stored.provenance?.isTruncated == true
                if isTruncated { truncated += 1 }
                report.count(
                    .fresh, hasInput: fingerprint != nil, isParked: false, isTruncated: isTruncated)
                continue
            }
            let isJudged = evidence.unjudged == nil
            suspects.append(
                Suspect(
                    key: document.key, verdict: verdict, input: isJudged ? fingerprint : nil,
                    isBare: evidence.stored.isBare, isJudged: isJudged))
        }
        page.withoutInput[member.ref] = withoutInput
        if truncated > 0 { page.truncated[member.ref] = truncated }
        let parked =
            !mayHaveParked || suspects.isEmpty
            ? [:] : try failures.parked(listener: member.listener.id, documents: suspects.map(\.key.id))
        for suspect in suspects {
            let entry = parked[suspect.key]
            // A parked document has no output; if it has one, that is not Lockstep's.
            let isParked =
                suspect.isBare
                && entry?.isUpheld(by: suspect.input, version: model.version, setup: model.setup) == true
            // Where the filter cannot be evaluated, no repair gives the document an output.
            report.count(
                suspect.verdict, hasInput: suspect.verdict != .extra,
                isParked: isParked || !suspect.isJudged)
            // mechanism retry-seen, off: entry?.retry ?? false becomes false
            let retry = entry?.retry ?? false
            guard !isParked || retry else { continue }
            page.findings.append(
                Audit.Finding(
                    listener: member.ref, key: suspect.key, input: suspect.input,
                    verdict: suspect.verdict, retry: retry))
        }
    }
}
