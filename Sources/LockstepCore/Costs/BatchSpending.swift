/// What jobs at batch APIs take of a budget: each at the time it was begun, and those that are not over by estimate.
package struct BatchSpending: Sendable {
    private struct Job {
        let at: Int64
        let price: Double
        /// Noted by the process that runs it: what is read from the store meanwhile may be older.
        var isOwn: Bool
    }

    private var jobs: [String: Job] = [:]

    package init() {}

    /// A job of this process has come so far.
    package mutating func note(_ job: BatchJob) {
        jobs[job.token] = Job(at: job.at, price: job.cost, isOwn: true)
    }

    /// All that is stored by now.
    package mutating func know(_ stored: [BatchJob]) {
        jobs = jobs.filter { $0.value.isOwn }
        for job in stored where jobs[job.token] == nil {
            jobs[job.token] = Job(at: job.at, price: job.cost, isOwn: false)
        }
    }

    /// Another process may have gone on with the jobs of this one.
    package mutating func trustStore() {
        for token in jobs.keys { jobs[token]?.isOwn = false }
    }

    /// - Parameter isMeant: of the time it was begun, in milliseconds since 1970.
    package func sum(_ isMeant: (Int64) -> Bool) -> Double {
        jobs.values.reduce(0) { $0 + (isMeant($1.at) ? $1.price : 0) }
    }
}
