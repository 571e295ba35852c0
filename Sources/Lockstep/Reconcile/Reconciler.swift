import Logging
import Synchronization

/// Looks through collections beside the stream and feeds what is not fresh to the same queue.
final class Reconciler: Sendable {
    private struct State {
        var progress: [String: Checkpoint.Progress] = [:]
        /// Collections to look through, with the listeners concerned and where to begin.
        var pending: [Request] = []
        var isScanning = false
        var stops = false
        var scans = 0
        var passBegan = currentMilliseconds()
        var auditedFrom: Int64?
    }

    private struct Request {
        let collection: String
        let listeners: [Int]
        let after: BSONValue?
    }

    private let connection: Connection
    private let listeners: [Listener]
    private let queue: WorkQueue
    private let failures: FailureStore
    let order: ListenerOrder
    private let state: Mutex<State>

    init(
        connection: Connection, listeners: [Listener], queue: WorkQueue, failures: FailureStore,
        plan: StartPlan
    ) {
        self.connection = connection
        self.listeners = listeners
        self.queue = queue
        self.failures = failures
        order = ListenerOrder(listeners)
        var state = State()
        for (index, listener) in listeners.enumerated() {
            let after = plan.scans[index]
            state.progress[listener.id] = Checkpoint.Progress(
                definition: listener.definition, isComplete: after == nil, after: after ?? nil)
        }
        for collection in Set(listeners.map(\.collection.name)).sorted() {
            let indices = listeners.indices.filter {
                listeners[$0].collection.name == collection && plan.scans[$0] != nil
            }
            guard let first = indices.first else { continue }
            // One pass for all; it begins in the middle only if that is the middle for all.
            let after = plan.scans[first] ?? nil
            let isShared = indices.allSatisfy { (plan.scans[$0] ?? nil) == after }
            state.pending.append(
                Request(collection: collection, listeners: indices, after: isShared ? after : nil))
        }
        self.state = Mutex(state)
    }

    /// How far each listener's documents are looked through, by the listener's id.
    var progress: [String: Checkpoint.Progress] {
        state.withLock { $0.progress }
    }

    /// When the last look through everything that is through to the end began, in milliseconds since 1970.
    var auditedFrom: Int64? {
        state.withLock { $0.auditedFrom }
    }

    /// Nothing is left to look through.
    var isComplete: Bool {
        state.withLock { $0.pending.isEmpty && !$0.isScanning }
    }

    func stop() {
        state.withLock { $0.stops = true }
    }

    /// Documents of these collections came or went without events of their own.
    func collectionsChanged(_ collections: [String]) {
        state.withLock { state in
            for collection in collections { request(collection, in: &state) }
        }
    }

    private func request(_ collection: String, in state: inout State) {
        let indices = listeners.indices.filter { listeners[$0].collection.name == collection }
        guard !indices.isEmpty else { return }
        state.pending.append(Request(collection: collection, listeners: indices, after: nil))
        for index in indices {
            state.progress[listeners[index].id]?.isComplete = false
            state.progress[listeners[index].id]?.after = nil
        }
    }

    /// When to look through everything.
    enum Pass: Sendable {
        /// What is requested, once; returns when that is handled.
        case once
        /// What is requested, as it is requested.
        case onRequest
        /// Everything, time and again.
        case again(every: Duration)
    }

    /// Works off what is requested, until it is stopped or done.
    func run(
        _ pass: Pass, _ observer: (any ProgressObserver)?, until isEnding: @Sendable () -> Bool
    ) async throws {
        var last = ContinuousClock.now
        while !isEnding() {
            let request = state.withLock { state in
                let request = state.pending.isEmpty ? nil : state.pending.removeFirst()
                state.isScanning = request != nil
                return request
            }
            if let request {
                try await scan(request, observer, until: isEnding)
                continue
            }
            state.withLock { $0.auditedFrom = $0.passBegan }
            switch pass {
            case .once: return
            case .again(let every) where last + every <= .now:
                last = .now
                try requestEverything()
            default: break
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func requestEverything() throws {
        try offerRequests()
        state.withLock { state in
            state.passBegan = currentMilliseconds()
            for collection in Set(listeners.map(\.collection.name)).sorted() {
                request(collection, in: &state)
            }
        }
    }

    /// A parked document that a person wants to be tried again.
    private func offer(_ request: FailureStore.Request) -> WorkQueue.Offer? {
        guard let index = listeners.firstIndex(where: { $0.id == request.listener }) else { return nil }
        var change = PendingChange()
        change.retry = true
        return WorkQueue.Offer(listener: index, key: DocumentKey(request.document), change: change)
    }

    /// Puts in line what people asked for while nothing ran.
    func offerRequests() throws {
        try queue.offer(failures.requests().compactMap { offer($0) })
    }

    private func scan(
        _ request: Request, _ observer: (any ProgressObserver)?, until isEnding: @Sendable () -> Bool
    ) async throws {
        let concerned = request.listeners.map { listeners[$0] }
        let number = state.withLock { state in
            state.scans += 1
            return state.scans
        }
        queue.beginScan(number)
        defer { queue.endScan(number) }
        let total = observer == nil ? 0 : try connection.estimatedCount(of: request.collection)
        var documents = 0
        var isWhole = true
        let audit = Audit(connection: connection, collection: request.collection, listeners: concerned)
        _ = try audit.run(from: request.after) { page in
            let offers = order.keep(
                page.unfresh.map {
                    WorkQueue.Offer(
                        listener: request.listeners[$0.listener], key: $0.key, change: PendingChange())
                })
            documents += page.documents
            isWhole = queue.offer(offers, scan: number, upTo: page.upTo) && !isEnding()
            observer?.progressed(
                collection: request.collection, documents: handled(of: documents, concerned.count),
                total: total)
            note(concerned, after: queue.progress(ofScan: number).safe)
            return isWhole
        }
        // Read to the end is not yet handled to the end.
        while isWhole, queue.progress(ofScan: number).isBusy, !isEnding() {
            note(concerned, after: queue.progress(ofScan: number).safe)
            observer?.progressed(
                collection: request.collection, documents: handled(of: documents, concerned.count),
                total: total)
            try? await Task.sleep(for: .milliseconds(10))
        }
        guard isWhole, !isEnding() else { return }
        try sweep(concerned)
        state.withLock { state in
            // What was asked for meanwhile is still to come.
            let later = Set(state.pending.flatMap(\.listeners))
            for index in request.listeners where !later.contains(index) {
                state.progress[listeners[index].id]?.isComplete = true
                state.progress[listeners[index].id]?.after = nil
            }
            state.isScanning = false
        }
        observer?.finished(collection: request.collection)
    }

    /// Documents read whose outputs do not wait any more, by estimate: each waits once a listener.
    private func handled(of read: Int, _ listeners: Int) -> Int {
        max(0, read - queue.load.documents / max(1, listeners))
    }

    private func note(_ concerned: [Listener], after: BSONValue?) {
        guard let after else { return }
        state.withLock { state in
            for listener in concerned { state.progress[listener.id]?.after = after }
        }
    }

    /// What is parked and no longer there, or has no input any more, is parked no longer.
    private func sweep(_ concerned: [Listener]) throws {
        for listener in concerned {
            let reader = DocumentReader(
                connection: connection, listener: listener, collation: .simpleCollation)
            try failures.forEachPage(listener: listener.id) { keys in
                let found = try reader.read(keys)
                let over = keys.filter { found[$0]?.input == nil }
                try failures.clear(listener: listener.id, documents: over.map(\.id))
            }
        }
    }
}

extension Connection {
    /// The number of documents by the collection's own count; no scan.
    package func estimatedCount(of collection: String) throws(MongoError) -> Int {
        try run(["count": BSONValue(collection)], operation: "count", namespace: namespace(of: collection))[
            "n"]?.int ?? 0
    }
}
