/// Decides which members go on in a scan when some have as many pending documents as they may: none waits for a
/// slow one.
package struct ScanRoom {
    /// The listeners whose documents are scanned.
    package let members: [ListenerRef]
    /// The others that read the members' outputs: they get what these have done.
    package let readers: [ListenerRef]
    package let order: ListenerOrder

    /// - Parameter left: those that take no part any more.
    package init(_ members: [ListenerRef], _ order: ListenerOrder, without left: Set<ListenerRef> = []) {
        self.members = members
        readers = order.readers(of: members).filter { !left.contains($0) }
        self.order = order
    }

    package enum Decision: Equatable {
        /// There is room for another page.
        case read
        /// All have enough to do.
        case wait
        /// These go on by themselves, since others have nothing more to do.
        case leave([ListenerRef])
    }

    /// - Parameters:
    ///   - share: bytes that may wait for each.
    ///   - bytes: that wait for a listener.
    package func decide(share: Int, isOut: (ListenerRef) -> Bool, bytes: (ListenerRef) -> Int) -> Decision {
        let full = (members + readers).filter { bytes($0) >= share }
        guard !full.isEmpty else { return .read }
        let out = full.filter(isOut)
        guard out.isEmpty else { return .leave(out) }
        let slow = Set(full)
        let isHungry = members.contains {
            bytes($0) <= share / 4 && !slow.contains($0) && order.upstreams(of: $0).isDisjoint(with: slow)
        }
        // mechanism scan-leave, off: isHungry becomes false
        return isHungry ? .leave(full) : .wait
    }
}
