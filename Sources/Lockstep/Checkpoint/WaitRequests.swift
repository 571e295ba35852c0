/// How another process asks to be told soon: it writes here, the stream brings it in order, and the position is saved once
/// a listener has reflected everything before it.
package enum WaitRequests {
    package static let collection = "lockstep.waits"
}

extension WaitRequests {
    static func add(
        _ id: BSONValue, _ connection: Connection, concern: WriteConcern? = .majority
    ) throws {
        var command = BSONBuilder()
        command.append(collection, forKey: "insert")
        command.array("documents") { documents in
            documents.document("0") { document in
                document.append(id, forKey: "_id")
                document.append(milliseconds: currentMilliseconds(), forKey: "at")
            }
        }
        try connection.store(command, collection: collection, concern: concern, operation: "insert")
    }

    static func remove(_ id: BSONValue, _ connection: Connection) throws {
        var command = BSONBuilder()
        command.append(collection, forKey: "delete")
        command.array("deletes") { deletes in
            deletes.document("0") { operation in
                // With those that a killed `wait` left behind an hour ago or earlier: their ids tell the time.
                operation.document("q") { filter in
                    filter.array("$or") { any in
                        any.document("0") { $0.append(id, forKey: "_id") }
                        any.document("1") { old in
                            old.document("_id") {
                                $0.append(
                                    .objectID(atSecond: currentMilliseconds() / 1000 - 3600), forKey: "$lt")
                            }
                        }
                    }
                }
                operation.append(0, forKey: "limit")
            }
        }
        try connection.store(command, collection: collection, concern: nil, operation: "delete")
    }
}

/// The places of the stream that somebody waits for.
struct AwaitedTimes: Sendable {
    private var times: [BSONTimestamp] = []
    private var newestAt: ContinuousClock.Instant?

    /// Those remembered: of more that wait at once, the oldest are told when the position is saved anyway.
    private static let limit = 100
    /// How long after a request it is worth to look often.
    private static let urgency = Duration.seconds(10)

    mutating func add(_ time: BSONTimestamp, at now: ContinuousClock.Instant) {
        times.append(time)
        newestAt = now
        if times.count > Self.limit { times.removeFirst() }
    }

    /// A listener has reflected one of them by now, and what is saved does not say so.
    func wereReached(saved: Reflected, now: Reflected) -> Bool {
        now.contains { listener, time in
            let before = saved[listener]
            return times.contains { awaited in awaited <= time && before.map { $0 < awaited } ?? true }
        }
    }

    /// The newest was asked for a moment ago, and not every listener has saved that it is reflected.
    func areUrgent(saved: Reflected, listeners: Int, at now: ContinuousClock.Instant) -> Bool {
        guard let newest = times.last, let newestAt, now - newestAt < Self.urgency else { return false }
        return saved.count { $0.value >= newest } < listeners
    }
}
