/// Where the process is that holds a lease.
package enum LeaseWhereabouts: Sendable, Equatable {
    /// On this machine, under that number.
    case here(pid: Int)
    /// On another machine, in another container, or where that cannot be told.
    case elsewhere(String)
    /// Nobody holds it.
    case nowhere
}

extension LeaseStore.Entry {
    /// Where its holder is, seen from this process. Numbers of processes are given out again: one that another program
    /// has now counts as nowhere.
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
