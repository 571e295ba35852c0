/// Where the process is that holds a lease.
package enum LeaseWhereabouts: Sendable, Equatable {
    /// On this machine, under that process number.
    case here(pid: Int)
    /// On another machine, in another container, or where that cannot be told.
    case elsewhere(String)
    /// Nobody holds it.
    case nowhere
}

extension LeaseStore.Entry {
    /// Where its holder is, seen from this process. Process numbers are reused: where another program has the holder's
    /// number, the holder is nowhere.
    package var whereabouts: LeaseWhereabouts {
        whereabouts(seenFrom: .here())
    }

    package func whereabouts(
        seenFrom here: LeaseHolder, startOf: (Int) -> Int? = startOfProcess
    ) -> LeaseWhereabouts {
        guard isAlive, !holder.isDead(seenFrom: here, startOf: startOf) else { return .nowhere }
        guard let machine = holder.machine, machine == here.machine, holder.started != nil else {
            return .elsewhere(holderText)
        }
        return .here(pid: holder.pid)
    }
}
