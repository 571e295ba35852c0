import MongoBSON

/// A pending change of one document for one listener.
///
/// An event says only *that* something changed; what is computed comes from the document as it is when it is handled.
package struct PendingChange: Sendable {
    /// Compute even though the provenance matches: somebody changed the output alone.
    package var force = false
    /// Try again although the input is parked.
    package var retry = false
    /// There is no output yet, as far as is known; else there may be one of an older input.
    package var isMissing = false
    /// The input values as the insert or replace brought them, absent ones as null; nil means: read the document.
    package var carried: [BSONValue]?
    /// The ticket of the place that must not be passed before this is done.
    package var streamTicket: Ticket?
    package var scanTicket: ScanTicket?
    /// How often the model failed on it.
    package var attempts = 0
    /// The input whose output could not be stored because the document did not match it any more.
    package var superseded: Fingerprint?

    package init() {}

    /// A later change of the same document comes on top: touched paths are united, the newest content counts.
    ///
    /// - Returns: the tickets that are held no more, since the earlier of two covers the other.
    package mutating func merge(_ later: PendingChange) -> Tickets {
        // mechanism merge, off: force = later.force
        force = force || later.force
        retry = retry || later.retry
        isMissing = isMissing || later.isMissing
        // An update on top of a carried insert makes its values old; a scan brings no values and changes nothing.
        // mechanism merge-carried
        if later.streamTicket != nil || later.carried != nil { carried = later.carried }
        attempts = max(attempts, later.attempts)
        superseded = superseded ?? later.superseded
        var surplus = Tickets()
        if let ticket = later.streamTicket {
            // What comes on top may have the earlier one: it was delayed, and is due again.
            surplus.stream = streamTicket.map { max($0, ticket) }
            // mechanism merge-ticket, off: streamTicket = max(streamTicket ?? ticket, ticket)
            streamTicket = min(streamTicket ?? ticket, ticket)
        }
        if let ticket = later.scanTicket {
            surplus.scan = scanTicket.map { max($0, ticket) }
            scanTicket = min(scanTicket ?? ticket, ticket)
        }
        return surplus
    }

    /// Those that it holds.
    package var tickets: Tickets {
        Tickets(stream: streamTicket, scan: scanTicket)
    }

    /// A newer change means a new input, for which the count of attempts begins anew.
    package mutating func isForNewInput() {
        attempts = 0
        superseded = nil
    }

    package struct Tickets: Equatable {
        package var stream: Ticket?
        package var scan: ScanTicket?
    }

    /// A scan would not find it: the provenance says that the output is fresh, and only the event shows that it is not.
    package var isInvisibleToScans: Bool {
        // mechanism invisible, off: force becomes false
        force
    }

    /// Bytes of the carried values, with those that their arrays cost.
    package var size: Int {
        carried?.reduce(48) { $0 + $1.bytes.count + 56 } ?? 0
    }
}

/// A ticket of one of the scans that run beside the stream.
///
/// The smaller of two is kept: of one scan the earlier, of two scans that of the later, since a listener that takes part
/// in another scan has left the one before.
package struct ScanTicket: Hashable, Sendable, Comparable {
    package let scan: Int
    package let ticket: Ticket

    package init(scan: Int, ticket: Ticket) {
        self.scan = scan
        self.ticket = ticket
    }

    package static func < (left: ScanTicket, right: ScanTicket) -> Bool {
        left.scan == right.scan ? left.ticket < right.ticket : left.scan > right.scan
    }
}
