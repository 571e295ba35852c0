import Foundation

/// Threads on which blocking is allowed, as an executor for tasks.
///
/// Swift's own cooperative threads are as many as there are cores and must not wait for a server; tasks that
/// prefer this executor may. Threads are made when all others are busy and end after ten idle seconds.
package final class BlockingThreads: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var next = 0
        var idle = 0
        var threads = 0
    }

    private let state = Monitor(State())
    private let maximum: Int
    private let name: String

    package init(name: String, maximum: Int = 512) {
        self.name = name
        self.maximum = maximum
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let startThread = state.signallingOne { state in
            state.jobs.append(job)
            let waiting = state.jobs.count - state.next
            guard waiting > state.idle, state.threads < maximum else { return false }
            state.threads += 1
            return true
        }
        if startThread { startNamedThread(name) { [self] in work() } }
    }

    private func work() {
        let executor = asUnownedTaskExecutor()
        while let job = nextJob() {
            job.runSynchronously(on: executor)
        }
    }

    private func nextJob() -> UnownedJob? {
        state.withLock { $0.idle += 1 }
        let job = state.wait(atMost: 10) { state -> UnownedJob? in
            guard state.next < state.jobs.count else { return nil }
            let job = state.jobs[state.next]
            state.next += 1
            // Under the same lock: a job that comes now must not count on this thread.
            state.idle -= 1
            if state.next == state.jobs.count {
                state.jobs.removeAll(keepingCapacity: true)
                state.next = 0
            }
            return job
        }
        if let job { return job }
        return state.withLock { state in
            state.idle -= 1
            // A job may have come in between the end of the wait and this line.
            if state.next < state.jobs.count {
                let late = state.jobs[state.next]
                state.next += 1
                return late
            }
            state.threads -= 1
            return nil
        }
    }
}

extension BlockingThreads {
    /// Runs blocking work on one of the threads.
    package func run<Result: Sendable>(_ body: @Sendable @escaping () throws -> Result) async throws -> Result
    {
        try await withTaskExecutorPreference(self) {
            try await perform(body)
        }
    }
}

@concurrent
private func perform<Result: Sendable>(_ body: @Sendable () throws -> Result) async throws -> Result {
    try body()
}

/// Starts a thread that people find by name in `top -H` or a debugger.
package func startNamedThread(_ name: String, _ body: @Sendable @escaping () -> Void) {
    let thread = Thread(block: body)
    thread.name = name
    thread.stackSize = 4 << 20
    thread.start()
}

/// Blocks the calling thread; for threads of Lockstep's own only.
package func blockThread(seconds: Double) {
    Thread.sleep(forTimeInterval: seconds)
}
