import Logging
import Synchronization

/// Looks through collections beside the stream and feeds what is not fresh to the same queue.
///
/// Backfill, recovery after lost history, repair and the audit of standalone servers are its passes; a listener that
/// was set behind because its model is out gets one when the model is back.
final class Reconciler: Sendable {
    struct State {
        var progress: [String: Checkpoint.Progress] = [:]
        /// The listeners whose documents are to be looked through, and after which `_id`.
        var wanted: [Int: BSONValue?] = [:]
        /// Passes that are being read, or are read and not yet handled.
        var passes: [Pass] = []
        var stops = false
        var scans = 0
        var passBegan = currentMilliseconds()
        var auditedFrom: Int64?
    }

    /// One look through a collection, for some of its listeners.
    struct Pass {
        let scan: Int
        let collection: String
        var members: [Int]
        let after: BSONValue?
        let began = ContinuousClock.now
        /// Read so far.
        var documents = 0
    }

    let connection: Connection
    let listeners: [Listener]
    let health: [ListenerHealth]
    let queue: WorkQueue
    let order: ListenerOrder
    let state: Mutex<State>
    let statistics: Statistics
    private let failures: FailureStore
    private let log: Logger

    init(
        connection: Connection, listeners: [Listener], health: [ListenerHealth], queue: WorkQueue,
        failures: FailureStore, plan: StartPlan, statistics: Statistics, log: Logger
    ) {
        self.statistics = statistics
        self.connection = connection
        self.listeners = listeners
        self.health = health
        self.queue = queue
        self.failures = failures
        self.log = log
        order = ListenerOrder(listeners)
        var state = State()
        for (index, listener) in listeners.enumerated() {
            let after = plan.scans[index]
            state.progress[listener.id] = Checkpoint.Progress(
                definition: listener.definition, isComplete: after == nil, after: after ?? nil)
            if let after { state.wanted[index] = .some(after) }
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
        state.withLock(\.isDone)
    }

    /// Nothing is left to scan of these listeners.
    func isComplete(_ concerned: Set<Int>) -> Bool {
        state.withLock { state in
            concerned.allSatisfy { state.wanted[$0] == nil }
                && state.passes.allSatisfy { concerned.isDisjoint(with: $0.members) }
        }
    }

    func stop() {
        state.withLock { $0.stops = true }
    }
}

// MARK: What is wanted

extension Reconciler {
    /// Documents of these collections came or went without events of their own.
    func collectionsChanged(_ collections: [String]) {
        want(listeners.indices.filter { collections.contains(listeners[$0].collection.name) })
    }

    /// Sets a listener behind whose changes fill the memory.
    func fallBehind(_ listener: Int) {
        setBehind(listener)
        guard !health[listener].isPaused else { return }
        let why = health[listener].outage == nil ? "is too slow" : "is out"
        log.warning(
            "\(listeners[listener].id): the model \(why), and its changes fill the memory: they are let go, and all its documents are looked through later. The other listeners go on."
        )
    }

    /// The changes of a listener that wait are forgotten, and all its documents looked through later.
    func setBehind(_ listener: Int) {
        state.withLock { state in
            want([listener], in: &state)
            // While a pass cannot begin, which would bring it back.
            queue.shed(listener)
        }
    }

    /// All documents of these listeners are to be looked through.
    func want(_ indices: [Int]) {
        state.withLock { want(indices, in: &$0) }
    }

    private func want(_ indices: [Int], in state: inout State) {
        for index in indices {
            state.wanted[index] = .some(nil)
            state.progress[listeners[index].id]?.isComplete = false
            state.progress[listeners[index].id]?.after = nil
        }
    }

    private func wantEverything() throws {
        try offerRequests()
        state.withLock { $0.passBegan = currentMilliseconds() }
        want(Array(listeners.indices))
    }

    /// Puts in line what people asked for while nothing ran.
    func offerRequests() throws {
        try queue.offer(failures.requests().compactMap { offer($0) })
    }

    /// A parked document that a person wants to be tried again.
    private func offer(_ request: FailureStore.Request) -> WorkQueue.Offer? {
        guard let index = listeners.firstIndex(where: { $0.id == request.listener }) else { return nil }
        var change = PendingChange()
        change.retry = true
        return WorkQueue.Offer(listener: index, key: DocumentKey(request.document), change: change)
    }
}

// MARK: Working it off

extension Reconciler {
    /// When to look through everything.
    enum Schedule: Sendable {
        /// What is wanted, once; returns when that is handled.
        case once
        /// What is wanted, as it is.
        case onRequest
        /// Everything, time and again.
        case again(every: Duration)
    }

    /// Works off what is wanted, until it is stopped or done.
    func run(
        _ schedule: Schedule, _ observer: (any ProgressObserver)?, until isEnding: @Sendable () -> Bool
    ) async throws {
        var last = ContinuousClock.now
        while !isEnding() {
            try finishPasses(observer)
            if let pass = nextPass() {
                try read(pass, observer, until: isEnding)
                continue
            }
            if isComplete {
                state.withLock { $0.auditedFrom = $0.passBegan }
                switch schedule {
                case .once: return
                case .again(let every) where last + every <= .now:
                    last = .now
                    try wantEverything()
                    continue
                default: break
                }
            }
            try? await Task.sleep(for: .milliseconds(isComplete ? 100 : 10))
        }
    }

    /// The next pass: the listeners of one collection that want one from the same place on. Those whose models are
    /// out wait until they are back, and so do those that read their outputs.
    private func nextPass() -> Pass? {
        state.withLock { state in
            let isReady = state.wanted.keys.reduce(into: [Int: Bool]()) { ready, index in
                ready[index] =
                    !health[index].isPaused && (health[index].outage == nil || queue.isIdle(index))
                    && !state.passes.contains { $0.members.contains(index) }
            }
            let ready = isReady.keys.sorted().filter { index in
                isReady[index] == true
                    && !order.upstreams(of: index).contains { isReady[$0] == false }
            }
            guard let first = ready.first, let after = state.wanted[first] else { return nil }
            let collection = listeners[first].collection.name
            let members = ready.filter {
                listeners[$0].collection.name == collection && state.wanted[$0] == .some(after)
            }
            for index in members { state.wanted[index] = nil }
            state.scans += 1
            let pass = Pass(scan: state.scans, collection: collection, members: members, after: after)
            state.passes.append(pass)
            queue.beginScan(pass.scan, for: members)
            return pass
        }
    }

    /// Ends the passes whose documents are all handled.
    private func finishPasses(_ observer: (any ProgressObserver)?) throws {
        for pass in state.withLock(\.passes) {
            note(pass)
            if queue.progress(ofScan: pass.scan).isBusy {
                // Whose model is out must not keep the others from being complete.
                leave(pass, pass.members.filter { health[$0].isOut })
                continue
            }
            let members = state.withLock { $0.passes.first { $0.scan == pass.scan }?.members ?? [] }
            try sweep(members.map { listeners[$0] })
            queue.endScan(pass.scan)
            state.withLock { state in
                state.passes.removeAll { $0.scan == pass.scan }
                // What was asked for meanwhile is still to come.
                for index in members where state.wanted[index] == nil {
                    state.progress[listeners[index].id]?.isComplete = true
                    state.progress[listeners[index].id]?.after = nil
                }
            }
            observer?.finished(collection: pass.collection)
        }
    }

    /// What is parked and no longer there, has no input any more or is fresh, is parked no longer.
    private func sweep(_ concerned: [Listener]) throws {
        for listener in concerned {
            let traits = try connection.traits(of: listener.collection.name)
            let reader = DocumentReader(
                connection: connection, listener: listener, comparison: ByteComparison(listener, traits))
            try failures.forEachPage(listener: listener.id) { keys in
                let found = try reader.read(keys)
                let over = keys.filter { key in
                    guard let evidence = found[key], let input = evidence.input else { return true }
                    return evidence.verdict(
                        fingerprint: Fingerprint(of: input), version: listener.model.version) == .fresh
                }
                try failures.clear(listener: listener.id, documents: over.map(\.id))
            }
        }
    }
}

extension Reconciler.State {
    var isDone: Bool {
        wanted.isEmpty && passes.isEmpty
    }
}
