import Synchronization

/// What was done so far, counted.
final class Statistics: Sendable {
    struct Counts: Sendable {
        var inserts = 0
        var updates = 0
        var replaces = 0
        var deletes = 0
        var modelCalls = 0
        var modelInputs = 0
        var outputs = 0
        var superseded = 0
        var fresh = 0
        var parked = 0
    }

    private let state = Mutex(Counts())

    var counts: Counts {
        state.withLock { $0 }
    }

    func add(
        modelCalls: Int = 0, modelInputs: Int = 0, written: Int = 0, superseded: Int = 0, fresh: Int = 0,
        parked: Int = 0
    ) {
        state.withLock { counts in
            counts.modelCalls += modelCalls
            counts.modelInputs += modelInputs
            counts.outputs += written
            counts.superseded += superseded
            counts.fresh += fresh
            counts.parked += parked
        }
    }

    func add(_ events: EventCounts) {
        state.withLock { counts in
            counts.inserts += events.inserts
            counts.updates += events.updates
            counts.replaces += events.replaces
            counts.deletes += events.deletes
        }
    }
}

/// The changes of one batch of the stream, by operation; Lockstep's own writes left aside.
struct EventCounts: Sendable {
    var inserts = 0
    var updates = 0
    var replaces = 0
    var deletes = 0
}
