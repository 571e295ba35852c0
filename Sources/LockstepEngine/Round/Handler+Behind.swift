import LockstepCore
import LockstepSinks

/// What a listener that is behind must not hold on to: a place in the stream.
extension Handler {
    /// Gives documents back, to be tried again at `due`.
    ///
    /// Of a listener that is behind they keep no place in the stream, since a scan finds them. For those that it would not
    /// find, since others changed their outputs alone, the provenance is removed, so that it does.
    package func giveBack(_ jobs: [Job], due: ContinuousClock.Instant) {
        var jobs = jobs
        let invisible = jobs.indices.filter { jobs[$0].change.isInvisibleToScans }
        if !invisible.isEmpty, queue.isBehind(index) {
            let disowning = Disowning(connection: connection, elections: elections)
            // What cannot be done now keeps its place, and comes back here.
            let left = try? disowning.disown(invisible.map { jobs[$0].key }, of: listener)
            if let left {
                for place in invisible where !left.contains(jobs[place].key) {
                    jobs[place].change.force = false
                }
            }
        }
        queue.giveBack(jobs, listener: index, due: due)
    }
}
