/// What is to be looked at again for one document by one listener.
///
/// An event says only *that* something changed; what is computed comes from the document as it is when its turn comes.
struct PendingChange: Sendable {
    /// Compute even though the provenance matches: somebody changed the output alone.
    var force = false
    /// Try again although the input is parked.
    var retry = false
    /// There is no output yet, as far as is known; else there may be one of an older input.
    var isMissing = false
    /// The input values as the insert or replace brought them, absent ones as null; nil means: read the document.
    var carried: [BSONValue]?
    /// What must not be passed before this is done.
    var streamTicket: Ticket?
    var scanTicket: ScanTicket?
    /// How often the model failed on it.
    var attempts = 0
    /// The input whose output could not be stored because the document did not match it any more.
    var superseded: Fingerprint?

    /// A later change of the same document comes on top: touched paths are united, the newest content counts.
    ///
    /// - Returns: whether the later change's tickets were taken over; if not, an earlier one covers them.
    mutating func merge(_ later: PendingChange) -> (stream: Bool, scan: Bool) {
        force = force || later.force
        retry = retry || later.retry
        isMissing = isMissing || later.isMissing
        // An update on top of a carried insert makes its values old; a scan brings no values and changes nothing.
        if later.streamTicket != nil || later.carried != nil { carried = later.carried }
        attempts = max(attempts, later.attempts)
        superseded = superseded ?? later.superseded
        var taken = (stream: false, scan: false)
        if streamTicket == nil, let ticket = later.streamTicket {
            streamTicket = ticket
            taken.stream = true
        }
        if scanTicket == nil, let ticket = later.scanTicket {
            scanTicket = ticket
            taken.scan = true
        }
        return taken
    }

    /// A look through the documents would not find it: only the event told.
    var isInvisibleToScans: Bool {
        force || retry
    }

    /// Bytes of the carried values, with those that their arrays cost.
    var size: Int {
        carried?.reduce(48) { $0 + $1.bytes.count + 56 } ?? 0
    }
}

/// A ticket of one of the scans that run beside the stream.
struct ScanTicket: Hashable, Sendable {
    let scan: Int
    let ticket: Ticket
}
