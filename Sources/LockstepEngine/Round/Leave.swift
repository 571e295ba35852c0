import LockstepCore

/// Gives every document to the queue, once: as done, or to be tried again. Nothing can fail any more.
package struct Leave {
    package let handler: Handler
    /// When the round began.
    package let began: ContinuousClock.Instant

    package init(_ handler: Handler, began: ContinuousClock.Instant) {
        self.handler = handler
        self.began = began
    }

    package func run(_ documents: [RoundDocument]) throws {
        giveBack(documents)
        var (told, others, chained): ([RoundDocument], [Job], [Job]) = ([], [], [])
        for document in documents {
            switch document.done {
            case nil: continue
            case .gone: others.append(document.job)
            case .fresh, .upheld, .unchanged:
                others.append(document.job)
                chained.append(document.job)
            case .stored, .removed, .parked:
                told.append(document)
                chained.append(document.job)
            }
        }
        let done = told.map(\.job) + others
        if !handler.keptPredictions.isEmpty { handler.keptPredictions.forget(done.map(\.key)) }
        // mechanism chain
        handler.queue.chain(chained, to: handler.dependents)
        handler.statistics.add(
            fresh: documents.count { if case .fresh? = $0.done { true } else { false } })
        let readAt = handler.queue.finish(done, listener: handler.index)
        // Counts what is stored now, and shows some of it.
        handler.statistics.reflected(readAt.prefix(told.count)) { place in
            let document = told[place]
            return switch document.done {
            case .stored: (document.job.key.id, .stored)
            case .parked: (document.job.key.id, .parked)
            default: (document.job.key.id, .removed)
            }
        }
        if handler.endsWhenRefused, documents.contains(where: \.isPending) {
            throw LockstepError.refused(
                "\(handler.listener.id): \(handler.health.writes.reason ?? "MongoDB takes no writes")")
        }
    }

    private func giveBack(_ documents: [RoundDocument]) {
        let now = ContinuousClock.now
        // An outage is one, however many documents meet it.
        var outage: ContinuousClock.Instant?
        var due: [ContinuousClock.Instant: [Job]] = [:]
        for document in documents {
            guard let again = document.again else { continue }
            let time: ContinuousClock.Instant
            switch again {
            case .now: time = now
            case .held(let until): time = until
            case .pending(let until): time = until ?? now
            // Each attempt waits twice as long as the one before.
            case .broken: time = now + .milliseconds(200 << document.job.change.attempts)
            case .later(let wait): time = now + (wait ?? Self.unknownWait)
            case .unavailable(let reason):
                time =
                    outage
                    ?? (Task.isCancelled
                        ? now : handler.health.failed(handler.outage(reason), began: began))
                outage = time
            case .wait(let wait, let reason):
                time =
                    outage
                    ?? (Task.isCancelled
                        ? now : handler.health.waits(wait, handler.outage(reason), began: began))
                outage = time
            }
            due[time, default: []].append(document.job)
        }
        for (time, jobs) in due { handler.retry(jobs, due: time) }
    }

    /// How long an answer is waited for that nobody knows the time of.
    private static let unknownWait = Duration.seconds(5)
}
