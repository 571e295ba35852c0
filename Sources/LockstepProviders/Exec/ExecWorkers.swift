import LockstepCore
import MongoBSON
import Synchronization

/// The programs of one model.
final class ExecWorkers: Sendable {
    private let workers: [ExecWorker]
    private let isShutDown = Atomic(false)
    private let turn = Atomic(0)

    init(count: Int, _ program: ExecProgram) {
        workers = (0..<count).map { _ in ExecWorker(program) }
    }

    deinit {
        shutdown()
    }

    /// Asks the first free program, so that no more are started than are needed; waits for one when there is
    /// none.
    func predict(_ inputs: [BSONValue]) throws -> [Result<BSONValue, InputError>] {
        let isAbandoned: @Sendable () -> Bool = { [self] in
            isShutDown.load(ordering: .relaxed) || Task.isCancelled
        }
        for worker in workers {
            if let results = try worker.predict(inputs, ifFree: true, isAbandoned: isAbandoned) {
                return results
            }
        }
        // More callers than `limits.concurrency` allows: they take turns.
        let next = Int(UInt(bitPattern: turn.add(1, ordering: .relaxed).oldValue) % UInt(workers.count))
        return try workers[next].predict(inputs, ifFree: false, isAbandoned: isAbandoned) ?? []
    }

    func shutdown() {
        isShutDown.store(true, ordering: .relaxed)
        for worker in workers { worker.closeInput() }
        let deadline = SuspendingClock.now + .seconds(2)
        for worker in workers { worker.end(by: deadline) }
    }
}
