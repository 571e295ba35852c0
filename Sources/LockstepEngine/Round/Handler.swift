import LockstepCore
import LockstepSinks
import LockstepState
import Logging
import MongoBSON
import MongoDriver

/// Makes documents fresh for one listener, one round after another.
package struct Handler: Sendable {
    package let index: ListenerRef
    package let listener: Listener
    package let connection: Connection
    package let queue: WorkQueue
    /// Where the outputs live.
    package let sink: any Sink
    package let ownWrites: OwnWrites
    package let failures: FailureStore
    package let health: ListenerHealth
    /// Of MongoDB, as all handlers see it.
    package let serverHealth: ServerHealth
    package let knownInputs: KnownInputs
    package let vectorLengths: VectorLengths
    package let keptPredictions: KeptPredictions
    /// Nil where the model's answers are not kept.
    package let memo: ModelMemo?
    package let inputCounts: InputCounts
    package let statistics: ListenerStatistics
    package let pace: Pace
    package let collations: Collations
    /// The listeners that read this one's output.
    package let dependents: [ListenerRef]
    /// A repair ends where MongoDB takes no writes; who follows the stream waits.
    package let endsWhenRefused: Bool
    package let log: Logger

    /// Takes care of the jobs to the end: each is finished or given back.
    package func process(_ jobs: [Job]) async throws {
        do {
            if let obstacle = try collations.traits(of: listener.collection.name).obstacle {
                try passOver(jobs, obstacle)
            } else {
                health.isBlocked(by: nil)
                try await Round(handler: self).run(jobs)
            }
            serverHealth.succeeded()
        } catch let error as MongoError where error.isUnavailable {
            let due = serverHealth.failed(error.description)
            retry(jobs, due: due)
        } catch let error as MongoError where error.source == .server {
            // The collection may have given way to something else since it was looked at.
            collations.forget([listener.collection.name])
            // Where that cannot be told now, the next attempt finds out.
            if let obstacle = (try? collations.traits(of: listener.collection.name))?.obstacle {
                return try passOver(jobs, obstacle)
            }
            guard isWaitedFor(error) else { throw error }
            let due = health.writes.failed("MongoDB answers with an error: \(error)")
            giveBack(jobs.map(\.withoutValues), due: due)
        } catch {
            guard let trouble = error.troubleOfSink else { throw error }
            guard !endsWhenRefused else { throw LockstepError.refused("\(listener.id): \(trouble)") }
            giveBack(jobs.map(\.withoutValues), due: health.writes.failed(trouble))
        }
    }

    /// Nobody but a person helps when a right is missing, or when the listener's own filter is none. All else that a
    /// server answers is its state, or that of Lockstep's collections.
    private func isWaitedFor(_ error: MongoError) -> Bool {
        guard !endsWhenRefused, !error.isAboutRights else { return false }
        return error.isTransient || error.isAboutHint || error.operation != "find"
            || error.namespace != connection.namespace(of: listener.collection.name)
    }

    /// There is nothing to write beside: the documents count as gone.
    private func passOver(_ jobs: [Job], _ obstacle: String) throws {
        health.isBlocked(
            by:
                "`\(listener.collection.name)` is \(obstacle) now, where no predictions can be stored; its documents are skipped until it is a collection again"
        )
        if health.hasParked { try failures.clear(listener: listener.id, documents: jobs.map(\.key.id)) }
        queue.finish(jobs, listener: index)
    }

    /// What the model costs; nil where it costs nothing by the call.
    package var costs: ModelCosts? { health.costs }

    /// A program's reason names its model already.
    package func outage(_ reason: String) -> String {
        let model = "model `\(listener.model.name)`"
        return reason.hasPrefix(model) ? "the \(reason)" : "the \(model) does not work: \(reason)"
    }

    package func retry(_ jobs: [Job], due: ContinuousClock.Instant) {
        giveBack(jobs.map(\.withoutValues), due: due)
        // What a person has asked for is counted when it begins.
        statistics.add(retries: jobs.count { !$0.change.retry })
    }

    /// Gives documents back, to be tried again at `due`.
    ///
    /// Of a listener that is behind they keep no place in the stream, since a scan finds them. For those that it would not
    /// find, since others changed their outputs alone, the provenance is removed, so that it does.
    package func giveBack(_ jobs: [Job], due: ContinuousClock.Instant) {
        var jobs = jobs
        let invisible = jobs.indices.filter { jobs[$0].change.isInvisibleToScans }
        if !invisible.isEmpty, queue.isBehind(index) {
            // What cannot be done now keeps its place, and comes back here.
            let left = try? sink.disown(invisible.map { jobs[$0].key })
            if let left {
                for place in invisible where !left.contains(jobs[place].key) {
                    jobs[place].change.force = false
                }
            }
        }
        queue.giveBack(jobs, listener: index, due: due)
    }

    /// What documents are judged by.
    package var rules: JudgementRules {
        JudgementRules(
            version: listener.model.version, setup: listener.model.setup,
            overhead: (1 << 10) + 2 * listener.outputPath.text.utf8.count)
    }

    package func reader(_ comparison: ByteComparison) -> DocumentReader {
        DocumentReader(connection: connection, listener: listener, comparison: comparison, sink: sink)
    }
}
