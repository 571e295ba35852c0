import LockstepCore
import MongoBSON

extension LeaseStore {
    /// A lease as it is stored.
    package struct Entry: Sendable {
        package let holder: LeaseHolder
        /// When its holder took it, in milliseconds since 1970.
        package let since: Int64
        /// By the server's clock at the time of the read.
        package let isAlive: Bool
        /// The holder's listeners; nil until it has published them.
        package var listeners: [RunningListener]?
        /// Seconds since the oldest change that the holder had not reflected when it last renewed the lease.
        package var lag: Double?

        /// How the holder's listeners differ from the wanted ones; nil when they do not, or are not published yet.
        package func difference(to wanted: [ListenerSignature]) -> ListenerDifference? {
            listeners.flatMap { ListenerDifference(wanted, running: $0.map(\.signature)) }
        }

        /// As `db1 (process 4711)`.
        package var holderText: String {
            "\(holder.host) (process \(holder.pid))"
        }
    }
}

// MARK: The stored form

extension LeaseStore.Entry {
    /// Nil when the document does not say who holds the lease.
    init?(_ document: BSONDocument) {
        guard let holder = LeaseHolder(document) else { return nil }
        self.init(
            holder: holder, since: document["since"]?.millisecondsSince1970 ?? 0,
            isAlive: document["alive"]?.bool ?? false,
            listeners: document["listeners"]?.array?.compactMap { $0.document.flatMap(RunningListener.init) },
            lag: document["lag"]?.double)
    }
}
