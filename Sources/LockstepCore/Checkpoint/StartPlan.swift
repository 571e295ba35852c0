import MongoBSON

/// Where a session begins: decided from the saved checkpoint and the present listeners.
package struct StartPlan {
    package enum Stream: Equatable {
        /// After this token.
        case resume(BSONDocument)
        /// From this cluster time on, itself included: an event that comes twice does no harm.
        case at(BSONTimestamp)
        /// From the cluster's present time on.
        case now

        package var time: BSONTimestamp? {
            switch self {
            case .resume(let token): token.resumeTokenTime
            case .at(let time): time
            case .now: nil
            }
        }
    }

    package var stream: Stream
    /// The listeners whose documents are to be scanned, and after which `_id`.
    package var scans: [ListenerRef: BSONValue?]
    /// No watcher has handled events after this time, so that their values are news; nil when it is not known.
    package var liveAfter: BSONTimestamp?
    /// Why what was saved is not resumed from, in a line; nil when it is, or when nothing was saved.
    package var problem: String?

    /// - Parameters:
    ///   - stored: the checkpoint, if there is one.
    ///   - token: a token that the caller wants to start from, whatever was saved.
    ///   - fingerprint: of the stream as it would be opened now.
    ///   - present: the cluster's time now; nil on a standalone server.
    ///   - forgetsPosition: the saved position cannot be resumed from: its history is lost.
    package init(
        stored: StoredCheckpoint, token: BSONDocument?, stream fingerprint: String,
        listeners: PerListener<Listener>, present: BSONTimestamp?, forgetsPosition: Bool
    ) {
        scans = [:]
        liveAfter = present
        var saved = forgetsPosition ? nil : stored.checkpoint
        problem = forgetsPosition ? nil : stored.problem
        // mechanism present, off: time > present becomes false
        if let time = saved?.position?.clusterTime, let present, time > present {
            // MongoDB would wait for that time and bring nothing until then.
            problem =
                "the saved position is later than the cluster's time: the database was restored from an older state"
            saved = nil
        }
        if let token, !forgetsPosition {
            stream = .resume(token)
        } else if let position = saved?.position {
            // A token may be unknown to a stream with another filter; its time is not.
            stream = saved?.stream == fingerprint ? .resume(position.token) : .at(position.clusterTime)
            if saved?.isFinal == true { liveAfter = position.clusterTime }
        } else {
            stream = .now
        }
        for index in listeners.refs {
            let listener = listeners[index]
            guard let progress = saved?.listeners[listener.id], progress.definition == listener.definition,
                saved?.position != nil
            else {
                scans[index] = .some(nil)
                continue
            }
            if !progress.isComplete { scans[index] = .some(progress.after) }
        }
    }
}
