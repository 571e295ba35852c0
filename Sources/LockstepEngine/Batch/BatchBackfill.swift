import LockstepCore
import LockstepState
import Logging
import MongoBSON
import MongoDriver

/// Sends a large backfill of one listener by its provider's batch API: its answers go into the memo, from where the scan
/// that follows takes them. So a live change wins, and what a job did not answer is asked for as ever.
struct BatchBackfill: Sendable {
    private let handler: Handler
    private let service: any BatchService
    private let terms: BatchTerms
    private let gate: BatchGate
    private let reconciler: Reconciler
    private let memo: MemoStore
    private let store: BatchStore
    private let delivery: BatchDelivery
    private let log: Logger
    private let isEnding: @Sendable () -> Bool

    /// Nil where the listener's backfills go as its live changes do.
    init?(_ handler: Handler, _ reconciler: Reconciler, until isEnding: @escaping @Sendable () -> Bool) {
        let model = handler.listener.model
        guard let gate = handler.health.batchGate, let service = model.batchService else { return nil }
        // Without terms it begins none, and ends those that were begun.
        let terms = model.terms.batch ?? BatchTerms(above: .max)
        self.handler = handler
        self.service = service
        self.terms = terms
        self.gate = gate
        self.reconciler = reconciler
        self.isEnding = isEnding
        memo = MemoStore(connection: handler.connection)
        store = BatchStore(connection: handler.connection)
        delivery = BatchDelivery(handler: handler, gate: gate, reconciler: reconciler, memo: memo)
        log = handler.log
    }

    /// Finishes what an earlier process has begun, then looks at each scan that is wanted.
    func run() async {
        var jobs: [BatchJob]?
        var outage = OutageLog()
        // What is begun again and again reads the collection each time.
        var backoff = Backoff(first: 1, longest: 300)
        // Answers that wait in the memo for the scan that delivers them.
        var isPinned = true
        // Of a model with a budget that may not afford the scan which delivers them.
        var isToDeliver: Bool?
        while !isEnding(), !Task.isCancelled {
            do {
                if isToDeliver == nil { isToDeliver = try delivery.isDue }
                if jobs == nil { jobs = try store.open(of: handler.listener.id) }
                if let open = jobs, !open.isEmpty {
                    gate.close()
                    let (left, isFutile) = try await advance(open)
                    jobs = left
                    guard left.isEmpty else {
                        await pause(terms.poll)
                        continue
                    }
                    if isFutile { giveWay() }
                    isToDeliver = costs?.budget != nil && !isFutile
                } else if isToDeliver == true {
                    isToDeliver = try await !delivery.run(pause)
                } else if !gate.isOpen, reconciler.wants(handler.index), isReady {
                    switch try await begin() {
                    case .running(let begun): jobs = begun
                    case .tooFew: gate.open()
                    case .unaffordable: await pause(.seconds(1))
                    }
                    isPinned = true
                } else {
                    if isPinned, !gate.isOpen, !reconciler.wants(handler.index) {
                        try memo.settle(source)
                        isPinned = false
                    }
                    await pause(.milliseconds(200))
                }
                backoff.reset()
                if outage.over(.now) != nil { log.notice("\(handler.listener.id): its batch jobs go on") }
            } catch {
                // What is stored is what was begun.
                jobs = nil
                if let text = outage.failed(.now) {
                    log.error(
                        "\(handler.listener.id): its batch jobs wait: \(error). Trying again until it works\(text)."
                    )
                }
                await pause(min(terms.poll, .seconds(5)) + .seconds(backoff.next()))
            }
        }
    }

    /// What jobs do not answer at all is asked for as ever.
    private func giveWay() {
        log.warning(
            "\(handler.listener.id): the batch API answered none of its inputs: they are asked for by calls, at the full price"
        )
        gate.open()
    }

    private var isReady: Bool {
        !handler.health.isPaused && !handler.health.isOut && costs?.isOpen != false
    }

    private var costs: ModelCosts? { handler.costs }
    private var source: MemoEntry.Source { MemoEntry.Source(handler.listener.model) }

    // MARK: Beginning

    private enum Beginning {
        case running([BatchJob])
        /// The scan asks for everything itself.
        case tooFew
        /// The budget does not cover one input.
        case unaffordable
    }

    private func begin() async throws -> Beginning {
        let collector = BatchCollector(handler: handler, service: service, memo: memo)
        guard try collector.exceeds(terms.above) else { return .tooFew }
        try memo.indexJobs()
        var jobs: [BatchJob] = []
        var after: BSONValue?
        var isSpent = false
        repeat {
            var job = collector.newJob()
            try store.save(job)
            let filled = try collector.fill(for: job, after: after)
            (after, isSpent) = (filled.after, filled.isSpent)
            guard filled.file.inputs > 0 else {
                costs?.release(filled.price)
                _ = try close(job, isSpent ? "the budget affords none of it" : "nothing was left for it")
                continue
            }
            job.inputs = filled.file.inputs
            (job.estimate, job.at) = (filled.price, currentMilliseconds())
            costs?.note(job, releasing: filled.price)
            job.file = try await service.upload(filled.file.path, token: job.token)
            job.phase = .starting
            try store.save(job)
            jobs.append(try await start(job))
        } while after != nil && !isSpent && !isEnding()
        guard !jobs.isEmpty else { return isSpent ? .unaffordable : .tooFew }
        log.notice(
            "\(handler.listener.id): \(jobs.reduce(0) { $0 + $1.inputs }) inputs go by the batch API, in \(jobs.count) job\(jobs.count == 1 ? "" : "s")\(isSpent ? "; the budget of its model affords no more now" : "")"
        )
        return .running(jobs)
    }

    /// Starts a job that was about to be started, now.
    private func resume(_ job: BatchJob) async throws -> BatchJob {
        guard costs?.carry(job) != false else {
            try memo.free(job.token)
            try? await service.discard(file: job.file, job: nil)
            return try close(job, "the budget does not cover it any more")
        }
        var job = job
        job.at = currentMilliseconds()
        costs?.note(job)
        try store.save(job)
        return try await start(job)
    }

    private func start(_ job: BatchJob) async throws -> BatchJob {
        var job = job
        guard let file = job.file else { return job }
        job.job = try await service.start(file: file, token: job.token)
        job.phase = .running
        try store.save(job)
        return job
    }

    // MARK: Going on

    /// Takes each job a step further.
    ///
    /// - Returns: those that are not over, and whether the others ran and gave nothing.
    private func advance(_ jobs: [BatchJob]) async throws -> (open: [BatchJob], isFutile: Bool) {
        var open: [BatchJob] = []
        var over: [BatchJob] = []
        for job in jobs where !isEnding() {
            let next = try await advance(job)
            if next.isOver { over.append(next) } else { open.append(next) }
        }
        let ran = over.filter { $0.job != nil }
        return (open, !ran.isEmpty && ran.allSatisfy { $0.answers == 0 })
    }

    private func advance(_ stored: BatchJob) async throws -> BatchJob {
        var job = stored
        let found = job.phase == .starting ? try await service.find(token: job.token) : nil
        switch job.resumed(found: found) {
        case .giveUp:
            BatchFile.remove(token: job.token)
            try memo.free(job.token)
            return try close(job, "it was never started")
        case .start: return try await resume(job)
        case .ask(let id):
            job.job = id
            if job.phase == .starting {
                job.phase = .running
                try store.save(job)
            }
            switch try await service.state(of: id) {
            case .running: return job
            case .ended(let reason): return try await take(job, id, reason)
            case .gone:
                guard .milliseconds(currentMilliseconds() - job.at) > terms.poll * 3 else { return job }
                return try await take(job, id, "its provider does not know it any more")
            }
        case .discard:
            // Whoever cannot remove them does not do without the answers.
            try? await service.discard(file: job.file, job: job.job)
            return try close(job, job.reason)
        case nil: return job
        }
    }

    /// Keeps the answers; a process that is killed meanwhile keeps them again.
    private func take(_ running: BatchJob, _ id: String, _ reason: String?) async throws -> BatchJob {
        var job = running
        (job.answers, job.refusals) = (0, 0)
        // Of the version that was asked, whatever the configuration says by now.
        let source = MemoEntry.Source(model: job.memoName, version: job.version)
        var page: [MemoEntry] = []
        func keep() throws {
            try memo.fill(page, token: job.token)
            page.removeAll(keepingCapacity: true)
        }
        let usage = try await service.answers(of: id) { answer in
            guard let fingerprint = Fingerprint(hexadecimal: answer.id) else { return }
            switch answer.answer {
            case .value(let value):
                page.append(
                    MemoEntry(
                        source, fingerprint, output: value, isTruncated: answer.isTruncated,
                        at: currentMilliseconds()))
                job.answers += 1
            // The scan asks for it once more, alone, and parks its document.
            case .refused: job.refusals += 1
            case .later, .deferred: break
            }
            if page.count >= 500 { try keep() }
        }
        try keep()
        try memo.free(job.token)
        job.phase = .answered
        job.reason = reason
        job.tokens = usage.tokens
        job.price = handler.listener.model.terms.price.flatMap {
            job.price(tokens: usage.tokens, perToken: $0 * service.share / 1e6)
        }
        costs?.note(job)
        try store.save(job)
        log.notice(
            "\(handler.listener.id): a batch job gave \(job.answers) of \(job.inputs) answers\(reason.map { " (\($0))" } ?? "")"
        )
        return try await advance(job)
    }

    private func close(_ job: BatchJob, _ reason: String?) throws -> BatchJob {
        var job = job
        job.phase = .done
        job.reason = reason
        job.endedAt = currentMilliseconds()
        costs?.note(job)
        try store.save(job)
        return job
    }

    /// - Returns: false once the session ends.
    @discardableResult
    private func pause(_ time: Duration) async -> Bool {
        let due = ContinuousClock.now + time
        while !isEnding(), !Task.isCancelled, .now < due {
            try? await Task.sleep(for: min(.milliseconds(100), due - .now))
        }
        return !isEnding() && !Task.isCancelled
    }
}
