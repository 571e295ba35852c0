import DequeModule

/// The stream's places that one listener's work holds open, oldest first.
package struct HeldTickets {
    private var held: Deque<(ticket: Ticket, count: Int)> = []

    package init() {}

    package var oldest: Ticket? {
        held.first?.ticket
    }

    /// One more piece of work belongs to the ticket's place.
    package mutating func add(_ ticket: Ticket) {
        let place = firstPlace(notBefore: ticket)
        if place < held.count, held[place].ticket == ticket {
            held[place].count += 1
        } else {
            held.insert((ticket, 1), at: place)
        }
    }

    /// A piece of work is done, or was dropped.
    package mutating func remove(_ ticket: Ticket) {
        let place = firstPlace(notBefore: ticket)
        guard place < held.count, held[place].ticket == ticket else { return }
        held[place].count -= 1
        if held[place].count == 0 { held.remove(at: place) }
    }

    // New work mostly belongs to the newest place, finished work to the oldest ones.
    private func firstPlace(notBefore ticket: Ticket) -> Int {
        guard let last = held.last, last.ticket >= ticket else { return held.count }
        if held[0].ticket >= ticket { return 0 }
        var (low, high) = (0, held.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if held[middle].ticket < ticket { low = middle } else { high = middle }
        }
        return high
    }
}
