/// Where a session begins: decided from what was saved and from what is wanted now.
struct StartPlan {
    enum Stream: Equatable {
        /// After this token.
        case resume(BSONDocument)
        /// From this cluster time on, itself included: what comes twice does no harm.
        case at(BSONTimestamp)
        /// From the cluster's present time on.
        case now
    }

    var stream: Stream
    /// The listeners whose documents are to be looked through, and after which `_id`.
    var scans: [Int: BSONValue?]

    /// - Parameters:
    ///   - saved: the checkpoint, if there is one.
    ///   - token: a token that the caller wants to start from, whatever was saved.
    ///   - forgetsPosition: the saved position is of no use any more: its history is lost.
    init(
        saved: Checkpoint?, token: BSONDocument?, stream fingerprint: String, listeners: [Listener],
        forgetsPosition: Bool
    ) {
        scans = [:]
        let saved = forgetsPosition ? nil : saved
        if let token, !forgetsPosition {
            stream = .resume(token)
        } else if let position = saved?.position {
            // A token may be unknown to a stream with another filter; its time is not.
            stream = saved?.stream == fingerprint ? .resume(position.token) : .at(position.clusterTime)
        } else {
            stream = .now
        }
        for (index, listener) in listeners.enumerated() {
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

extension Listener {
    /// Changes whenever outputs stored so far may not be right any more.
    var definition: String {
        var digest = SHA256()
        for text in [collection.name, outputPath.text, model.version] + keys.map(\.text) {
            digest.update(BSONValue(text).bytes)
        }
        if let filter { digest.update(filter.bytes) }
        return hex(digest.finish().prefix(8))
    }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
