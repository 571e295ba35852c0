import LockstepCore
import LockstepSinks
import LockstepState
import Logging
import MongoDriver

/// What a watcher has from its beginning to its end, shared by its sessions.
package struct WatcherContext: Sendable {
    package let connection: Connection
    package let options: WatcherOptions
    /// Under which positions and leases are stored.
    package let identifier: String
    package let threads: BlockingThreads
    package let log: Logger
    /// The collections to watch beside those of the listeners.
    package let collections: [String]
    /// The listeners as they are now.
    package let listeners: @Sendable () -> [Listener]

    let ownWrites = OwnWrites()
    let knownInputs = KnownInputs()
    let vectorLengths = VectorLengths()
    let kept = KeptByListener()
    let memo: Memo
    let inputCounts = InputCounts()
    let auditRecord = AuditRecord()
    package let statistics: Statistics
    package let costs: Costs
    package let tallies: Tallies
    package let lease: LeaseKeeper

    package init(
        connection: Connection, options: WatcherOptions, identifier: String, threads: BlockingThreads,
        log: Logger, collections: [String], listeners: @escaping @Sendable () -> [Listener]
    ) {
        self.connection = connection
        self.options = options
        self.identifier = identifier
        self.threads = threads
        self.log = log
        self.collections = collections
        self.listeners = listeners
        statistics = Statistics(options.metrics)
        costs = Costs(metrics: options.metrics)
        tallies = Tallies(inputs: inputCounts)
        memo = Memo(store: MemoStore(connection: connection), limit: options.memoBytes, log: log)
        lease = LeaseKeeper(connection: connection, identifier: identifier, threads: threads, log: log)
    }

    /// Takes over the counts of documents that a checkpoint holds.
    func restoreCounts(_ checkpoint: Checkpoint?) {
        for (definition, share) in checkpoint?.inputs ?? [:] { inputCounts.restore(share, of: definition) }
        auditRecord.remember(checkpoint?.audit)
    }
}
