import Foundation
import LockstepCore
import MongoDriver

/// The status of a session at a moment.
struct SessionStatus {
    private let session: Session

    init(_ session: Session) {
        self.session = session
    }

    /// Seconds since the oldest change was made that is not reflected yet.
    ///
    /// While changes are read as they are made, that is the time since the oldest unhandled batch was read; a backlog of
    /// the stream counts by the cluster's time, whose unit is the second.
    var lag: Double? {
        guard let capture = session.capture else { return session.queue.isIdle ? 0 : nil }
        guard let position = capture.position else { return nil }
        let now = ContinuousClock.now
        let waiting = session.queue.oldestOpen.map { (Moment.now - $0) / .seconds(1) } ?? 0
        if let seen = capture.endSeenAt, capture.isOpen {
            // An idle server sends an empty batch each time the wait that it was asked for is over.
            let pause = capture.isIdle ? Double(ChangeStream.idlePatience) / 1000 : 0
            return max(waiting, max(0, (now - seen) / .seconds(1) - pause - 1))
        }
        let behind = Date().timeIntervalSince1970 - Double(position.clusterTime.seconds) - 1
        return waiting + max(0, behind)
    }

    /// A scan runs or is due; those of listeners that are paused or wait for their budget do not count.
    var isScanning: Bool {
        let scans = session.reconciler.scanStates
        return session.handlers.contains { handler in
            if case .done = scans[handler.index] { false } else { !handler.health.isHeldBack }
        }
    }

    /// Why the stream, or the writes, do not work at the moment.
    var fault: String? {
        session.serverHealth.outage ?? session.capture?.fault
    }

    func listenerStatus(_ tallies: Tallies.Counts) -> [ListenerStatus] {
        let (loads, scans) = (session.queue.loads, session.reconciler.scanStates)
        return session.handlers.map { handler in
            handler.status(
                load: loads[handler.index], scan: scans[handler.index],
                all: tallies.documents[handler.listener.collection.name] ?? 0,
                parked: tallies.parked[handler.listener.id] ?? 0,
                inputs: tallies.inputs[handler.listener.definition])
        }
    }
}

extension Handler {
    fileprivate func status(
        load: (documents: Int, missing: Int), scan: Reconciler.ScanState, all: Int, parked: Int,
        inputs: InputShare?
    ) -> ListenerStatus {
        let (state, reason) = health.condition(at: .now)
        // Counts of different moments: what does not fit together is cut. What no scan has read may have an input.
        let withoutInput: Int
        switch scan {
        case .running(_, _, let found): withoutInput = min(found, all)
        case .done, .waiting: withoutInput = inputs?.withoutInput(of: all) ?? 0
        }
        let documents = all - withoutInput
        let failed = min(parked, documents)
        var left = documents - failed
        let missing = min(load.missing, left)
        left -= missing
        let stale = min(load.documents - load.missing, left)
        left -= stale
        let unchecked: Int
        var progress: (documents: Int, total: Int, seconds: Double)?
        switch scan {
        case .done: unchecked = 0
        case .waiting: unchecked = left
        case .running(let since, let read, _):
            unchecked = min(max(0, all - read), left)
            progress = (max(0, min(read, all) - load.documents), all, (.now - since) / .seconds(1))
        }
        return ListenerStatus(
            id: listener.id, on: listener.collection.name, key: listener.keyText, model: listener.modelName,
            version: listener.modelVersion, output: listener.outputPath.text,
            filter: listener.filter, state: state,
            reason: reason, outSince: health.outageSince ?? health.writes.since, documents: documents,
            withoutInput: withoutInput,
            fresh: left - unchecked, stale: stale, missing: missing, failed: failed,
            truncated: min(inputs?.truncated(of: all) ?? 0, documents), unchecked: unchecked,
            look: progress, modelSeconds: statistics.callSeconds, outputs: statistics.outputs)
    }
}
