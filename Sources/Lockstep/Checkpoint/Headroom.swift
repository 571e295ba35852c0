/// How much of the oplog is left before the position falls off its end.
enum Headroom: Int, Comparable, Sendable {
    /// Less than a fifth.
    case scarce
    /// Less than a half.
    case low
    case ample

    static func < (left: Headroom, right: Headroom) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Seconds behind that are nothing, however short the oplog reaches: an idle stream's position is ten old.
    static let patience = 30

    /// - Parameters:
    ///   - position: the saved position's time, in seconds since 1970, as the others.
    ///   - oldest: of the oldest entry of the oplog.
    ///   - newest: of the newest one.
    init(position: UInt32, oldest: UInt32, newest: UInt32) {
        let reach = Double(newest) - Double(oldest)
        let left = (Double(position) - Double(oldest)) / max(1, reach)
        if Int(newest) - Int(position) <= Self.patience || left >= 0.5 {
            self = .ample
        } else {
            self = left >= 0.2 ? .low : .scarce
        }
    }
}

/// Looks now and then how much of the oplog is left, and says when it becomes little.
struct HeadroomWatch {
    private var level = Headroom.ample
    private var due = ContinuousClock.now
    /// The oplog's ends when it was looked at last, in seconds since 1970.
    private(set) var window: (oldest: UInt32, newest: UInt32)?
    /// The user may not read the oplog: nothing depends on it.
    private var isBlind = false

    private static let interval = Duration.seconds(30)

    /// Gives what is to be logged, and how loud.
    ///
    /// - Parameter isWanted: somebody wants to know; else it is looked at once the position is old.
    mutating func look(
        _ position: Position?, isWanted: Bool, _ connection: Connection
    ) -> (text: String, isLoud: Bool)? {
        guard !isBlind, .now >= due, let position else { return nil }
        let age = currentMilliseconds() / 1000 - Int64(position.clusterTime.seconds)
        guard isWanted || age > Headroom.patience else { return nil }
        due = .now + Self.interval
        do {
            guard let window = try connection.oplogWindow() else { return nil }
            self.window = window
            return say(
                Headroom(
                    position: position.clusterTime.seconds, oldest: window.oldest, newest: window.newest),
                behind: Int(window.newest) - Int(position.clusterTime.seconds))
        } catch {
            isBlind = error.isAboutRights
            return nil
        }
    }

    mutating func say(_ now: Headroom, behind: Int) -> (text: String, isLoud: Bool)? {
        defer { level = now }
        guard now < level else {
            return now == .ample && level < .ample
                ? ("the position is far from the oplog's end again", false) : nil
        }
        let share = now == .scarce ? "a fifth" : "half"
        return (
            "the position is \(behind) s behind, and less than \(share) of the oplog is left before it: when it falls off, all documents are rescanned. Enlarge the oplog, or see what is slow: `lockstep status`",
            now == .scarce
        )
    }
}

extension Connection {
    /// The times of the oldest and the newest entry of the oplog, in seconds since 1970; nil when it is empty.
    func oplogWindow() throws(MongoError) -> (oldest: UInt32, newest: UInt32)? {
        func end(_ direction: Int) throws(MongoError) -> UInt32? {
            try run(
                [
                    "find": "oplog.rs", "sort": ["$natural": BSONValue(direction)], "limit": 1,
                    "projection": ["ts": 1], "singleBatch": true,
                ], on: "local", operation: "find", namespace: "local.oplog.rs")[path: "cursor.firstBatch"]?
                .array?.first?.document?["ts"]?.timestamp?.seconds
        }
        guard let oldest = try end(1), let newest = try end(-1) else { return nil }
        return (oldest, newest)
    }
}
