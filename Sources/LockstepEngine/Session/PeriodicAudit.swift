import LockstepCore
import Logging
import MongoBSON
import MongoDriver
import Synchronization

/// Audits all documents again and again beside the stream, slowly, for writes that have no change event: those of an
/// atomic `applyOps`, or of `cloneCollectionAsCapped`. What it finds is computed.
package final class PeriodicAudit: Sendable {
    /// The counts of the collection that is being read; nil unless it was read from its beginning.
    private struct Reading {
        var documents = 0
        /// By listener. The share of a listener that missed a page is incomplete.
        var inputs: [ListenerRef: InputShare] = [:]
    }

    private let session: Session
    private let every: Duration
    private let log: Logger
    private let record: AuditRecord
    private let inputs: InputCounts
    private let reading = Mutex<Reading?>(nil)

    /// Between two pages, where more than one is due.
    private static let pause = Duration.milliseconds(100)
    /// How long a page waits for listeners that have other work; then it goes on without them.
    private static let patience = Duration.seconds(60)

    package init(
        _ session: Session, every: Duration, record: AuditRecord, inputs: InputCounts, log: Logger
    ) {
        self.inputs = inputs
        self.session = session
        self.every = every
        self.record = record
        self.log = log
    }
}

// MARK: Reading

extension PeriodicAudit {
    /// Reads page after page as they fall due, until the session ends; after an error the page is read again.
    func run(until ending: SessionEnding) async {
        var hasFailed = false
        while !ending.isEnding {
            do {
                return try await readPages { ending.isEnding }
            } catch {
                // An outage is reported by the handlers. The page is read again, and the stream goes on meanwhile.
                if (error as? MongoError)?.isTransient != true, !hasFailed {
                    hasFailed = true
                    log.warning("audit: a page could not be read (\(error)); it is tried again")
                }
                let due = ContinuousClock.now + .seconds(hasFailed ? 60 : 2)
                while !ending.isEnding, .now < due { try? await Task.sleep(for: .milliseconds(200)) }
            }
        }
    }

    private func readPages(_ isEnding: @escaping @Sendable () -> Bool) async throws {
        let collections = Array(Set(session.reconciler.listeners.map(\.collection.name))).sorted()
        guard !collections.isEmpty else { return }
        while session.capture?.position == nil {
            guard await rest(.milliseconds(200), isEnding) else { return }
        }
        try count(collections)
        record.change { $0.resume(of: $1, every: every, at: currentMilliseconds()) }
        while !isEnding() {
            let wait = record.change { $0.due(of: $1, every: every) - currentMilliseconds() }
            if wait > 0 {
                // In small steps, so that a session that ends is noticed: the wait may be a day.
                guard await rest(.milliseconds(min(wait, 200)), isEnding) else { return }
                continue
            }
            try await readPage(of: collections, isEnding)
            guard await rest(Self.pause, isEnding) else { return }
        }
    }

    private func readPage(of collections: [String], _ isEnding: @escaping @Sendable () -> Bool) async throws {
        let round = record.change { round, _ in round }
        guard let collection = round.next(of: collections) else {
            record.change { round, _ in round.endedAll(at: currentMilliseconds()) }
            return try count(collections)
        }
        let after = round.collection == collection ? round.after : nil
        let members = await ready(collection, isEnding)
        guard !isEnding() else { return }
        // No listener can take part for now: the next collection goes on.
        guard !members.isEmpty else { return try ended(collection, of: collections, []) }
        let audit = Audit(session.reconciler, collection: collection, members: members)
        var page: Audit.Page?
        try audit.run(from: after) { found in
            page = found
            return false
        }
        guard let page else { return try ended(collection, of: collections, members) }
        let found = try await confirmed(page, isEnding)
        guard !isEnding() else { return }
        await compute(found, upTo: page.upTo, members, isEnding)
        guard !isEnding() else { return }
        let documents = Set(found.map(\.key)).count
        if documents > 0 {
            log.notice(
                "audit: \(documents) document\(documents == 1 ? "" : "s") of `\(collection)` \(documents == 1 ? "was" : "were") not fresh and had no change event; computed now"
            )
        }
        // Only now: a page that fails before is read again.
        note(page, isFirst: after == nil)
        record.change { round, _ in
            round.read(collection, upTo: page.upTo, documents: page.documents, found: documents)
        }
    }

    /// The listeners of a collection that have nothing else to do; those that have are waited for a while.
    private func ready(
        _ collection: String, _ isEnding: @escaping @Sendable () -> Bool
    ) async -> [ListenerRef] {
        let reconciler = session.reconciler
        let all = reconciler.listeners.refs.filter {
            reconciler.listeners[$0].collection.name == collection
        }
        let deadline = ContinuousClock.now + min(Self.patience, every / 10)
        while true {
            let loads = session.queue.loads
            let ready = all.filter { listener in
                // There is always a small backlog.
                !session.handlers[listener].health.isOut && reconciler.isComplete([listener])
                    && loads[listener].documents < AuditRound.page
            }
            if ready.count == all.count || .now >= deadline { return ready }
            guard await rest(Self.pause, isEnding) else { return [] }
        }
    }

    /// Those that are still not fresh, with the same input, once every change up to now is reflected: for the others an
    /// event has come.
    private func confirmed(
        _ page: Audit.Page, _ isEnding: @escaping @Sendable () -> Bool
    ) async throws -> [Offer] {
        guard !page.findings.isEmpty else { return [] }
        let time = try session.connection.operationTime()
        try? session.freshness.wakeStream()
        let listeners = Set(page.findings.map(\.listener))
        let deadline = ContinuousClock.now + Self.patience
        while !listeners.allSatisfy({
            session.freshness.isFresh(time, [$0]) || session.handlers[$0].health.isOut
        }),
            .now < deadline
        {
            guard await rest(.milliseconds(20), isEnding) else { return [] }
        }
        var offers: [Offer] = []
        // Where it is not known by now, the next round finds out.
        for listener in listeners.sorted() where session.freshness.isFresh(time, [listener]) {
            let inputs = page.findings.filter { $0.listener == listener }.map { ($0.key, $0.input) }
            let found = try AuditCheck(session.reconciler).unfresh(
                Dictionary(inputs, uniquingKeysWith: { first, _ in first }), of: listener)
            offers += found.map { key, verdict in
                var change = PendingChange()
                change.isMissing = verdict == .missing
                return Offer(listener: listener, key: key, change: change)
            }
        }
        return offers
    }

    /// Queues documents and waits until they are handled, or left to an unavailable model.
    private func compute(
        _ offers: [Offer], upTo id: BSONValue, _ members: [ListenerRef],
        _ isEnding: @escaping @Sendable () -> Bool
    ) async {
        guard !offers.isEmpty else { return }
        let queue = session.queue
        let scan = session.reconciler.beginAudit(for: members)
        defer { queue.endScan(scan) }
        guard
            queue.offer(
                session.reconciler.order.keep(offers), scan: scan, upTo: ScanPlace(id: id, documents: 0))
        else { return }
        // Those that read the outputs get the documents under the same ticket.
        var waitedFor = Set(members + session.reconciler.order.readers(of: members))
        while queue.progress(ofScan: scan).isBusy, !isEnding() {
            for listener in waitedFor where session.handlers[listener].health.isOut {
                queue.leave(scan: scan, listener)
                waitedFor.remove(listener)
            }
            _ = await rest(.milliseconds(20), isEnding)
        }
    }

    private func ended(_ collection: String, of collections: [String], _ members: [ListenerRef]) throws {
        let whole = reading.withLock { reading in
            defer { reading = nil }
            return reading
        }
        for (listener, share) in whole?.inputs ?? [:] where share.documents == whole?.documents {
            inputs.scanned(share, of: session.reconciler.listeners[listener].definition)
        }
        try ParkedReview(session.reconciler).sweep(
            members.filter { session.handlers[$0].health.hasParked })
        record.change { round, _ in round.ended(collection, of: collections, at: currentMilliseconds()) }
        try count(collections)
    }

    private func note(_ page: Audit.Page, isFirst: Bool) {
        reading.withLock { reading in
            if isFirst {
                reading = Reading()
                inputs.begin(page.withoutInput.keys.map { session.reconciler.listeners[$0].definition })
            }
            reading?.documents += page.documents
            for (listener, without) in page.withoutInput {
                reading?.inputs[listener, default: InputShare()].documents += page.documents
                reading?.inputs[listener]?.withoutInput += without
                reading?.inputs[listener]?.truncated += page.truncated[listener] ?? 0
            }
        }
    }

    private func count(_ collections: [String]) throws {
        let total = try collections.reduce(0) { try $0 + session.connection.estimatedCount(of: $1) }
        record.counted(total)
    }

    /// False when the session ends.
    private func rest(_ time: Duration, _ isEnding: @Sendable () -> Bool) async -> Bool {
        try? await Task.sleep(for: time)
        return !isEnding() && !Task.isCancelled
    }
}
