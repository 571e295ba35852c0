import LockstepCore

/// Hears what the change stream brings beside work for the queue.
package protocol CaptureObserver: Sendable {
    /// Documents of these collections came or went without events of their own.
    func collectionsChanged(_ collections: [String])
    /// The queue is full of this listener's changes: it must be set behind.
    func queueIsBlocked(by listener: ListenerRef)
    /// Somebody paused or resumed a listener.
    func pausesChanged()
    /// Makes a scan find those of the changes that are left to one; blocks.
    func reveal(_ offers: inout [Offer])
}
