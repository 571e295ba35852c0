import LockstepCore
import LockstepSinks

/// Passes what the stream brings beside work on to the parts of the session that need it.
struct SessionObserver: CaptureObserver {
    let collations: Collations
    let reconciler: Reconciler
    let pauses: PauseFollower

    func collectionsChanged(_ collections: [String]) {
        collations.forget(collections)
        reconciler.collectionsChanged(collections)
    }

    func queueIsBlocked(by listener: ListenerRef) {
        reconciler.fallBehind(listener)
    }

    func pausesChanged() {
        pauses.noteChange()
    }

    func reveal(_ offers: inout [Offer]) {
        reconciler.reveal(&offers)
    }
}
