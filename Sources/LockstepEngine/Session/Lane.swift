import LockstepCore

/// One of the tasks that work for a listener: takes what waits for it, one batch after another.
struct Lane {
    let handler: Handler
    let queue: WorkQueue
    let ending: SessionEnding

    /// Works until the queue is closed, or until an error that ends the session.
    func run() async throws {
        while let jobs = await nextJobs() {
            // What frees a call is work for the lanes of other listeners, too.
            defer { leave() }
            try await handler.process(jobs)
        }
    }

    /// The pending documents of the listener, once its model is not known to be out. Nil once the queue is closed.
    private func nextJobs() async -> [Job]? {
        let account = handler.health.account
        while true {
            while let pause = handler.health.holdsUntil(.now), !ending.isEnding {
                try? await Task.sleep(until: min(pause, .now + .milliseconds(100)))
            }
            let limits = handler.pace.limits.within(handler.health.writes.trial)
            guard let jobs = await queue.next(listener: handler.index, limits, account.admits) else {
                return nil
            }
            guard let pause = handler.health.holdsUntil(.now) else { return jobs }
            // Another lane met an outage, or the listener was paused: a lane holds no documents while it waits.
            handler.giveBack(jobs, due: pause)
            leave()
        }
    }

    private func leave() {
        if handler.health.account.leaveRound() { queue.admitMore() }
    }
}
