import LockstepCore
import LockstepSinks

/// Hands what the stream brings beside work to those whom it concerns.
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
