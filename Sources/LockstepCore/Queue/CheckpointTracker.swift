import DequeModule

/// A number for everything that must be handled before a place may be passed.
package struct Ticket: Hashable, Sendable, Comparable {
    package let number: UInt64

    package init(number: UInt64) {
        self.number = number
    }

    package static func < (left: Ticket, right: Ticket) -> Bool {
        left.number < right.number
    }
}

/// Finds the safe place: the end of the longest prefix of places whose work is done.
///
/// Work finishes in any order; only the prefix counts, so that nothing before the safe place is ever lost.
package struct CheckpointTracker<Place> {
    struct Slot {
        var place: Place
        var outstanding: Int
    }

    private(set) var slots: Deque<Slot> = []
    private var firstNumber: UInt64 = 0
    /// Everything up to here is done; nil until a first place is.
    package private(set) var safe: Place?
    /// The last place that was opened.
    package private(set) var newest: Place?

    package init() {}

    /// Work is outstanding.
    package var isBusy: Bool {
        !slots.isEmpty
    }

    /// The first place with unfinished work.
    package var firstOpen: Place? {
        slots.first?.place
    }

    /// The ticket's place, as long as it is held.
    package func place(of ticket: Ticket) -> Place? {
        index(of: ticket).map { slots[$0].place }
    }

    /// The place before the ticket's; nil when that is the first one of all.
    package func place(before ticket: Ticket) -> Place? {
        guard let index = index(of: ticket), index > 0 else { return safe }
        return slots[index - 1].place
    }

    /// Opens the next place, held by its caller until ``finished(_:)`` is called once for the hold.
    package mutating func open(_ place: Place) -> Ticket {
        slots.append(Slot(place: place, outstanding: 1))
        newest = place
        return Ticket(number: firstNumber + UInt64(slots.count) - 1)
    }

    /// One more piece of work belongs to the ticket's place.
    package mutating func add(_ ticket: Ticket) {
        guard let index = index(of: ticket) else { return }
        slots[index].outstanding += 1
    }

    /// A piece of work, or the hold, is done. Gives the new safe place if it moved.
    @discardableResult
    package mutating func finished(_ ticket: Ticket) -> Place? {
        guard let index = index(of: ticket) else { return nil }
        // mechanism prefix, off:
        //   slots[index].outstanding -= 1; if slots[index].outstanding <= 0 { safe = slots[index].place }
        slots[index].outstanding -= 1
        var moved: Place?
        while let first = slots.first, first.outstanding <= 0 {
            moved = first.place
            slots.removeFirst()
            firstNumber += 1
        }
        if let moved { safe = moved }
        mergeDoneTail()
        return moved
    }

    // Places that pass with nothing to do while an early one is still busy must not pile up.
    private mutating func mergeDoneTail() {
        while slots.count >= 2, slots[slots.count - 1].outstanding <= 0,
            slots[slots.count - 2].outstanding <= 0
        {
            let last = slots.removeLast()
            slots[slots.count - 1].place = last.place
        }
    }

    private func index(of ticket: Ticket) -> Int? {
        guard ticket.number >= firstNumber else { return nil }
        let index = Int(ticket.number - firstNumber)
        return index < slots.count ? index : nil
    }
}
