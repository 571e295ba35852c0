import LockstepCore
import MongoDriver

/// Checks now and then how much of the oplog is left, and warns when it becomes little.
package struct HeadroomWatch {
    private var level = Headroom.ample
    private var due = ContinuousClock.now
    /// The oplog's ends when they were read last, in seconds since 1970.
    package private(set) var window: (oldest: UInt32, newest: UInt32)?
    /// The user may not read the oplog: nothing depends on it.
    private var isBlind = false

    private static let interval = Duration.seconds(30)

    /// Gives what is to be logged, and how loud.
    ///
    /// - Parameter isWanted: somebody wants to know; else it is checked only once the position is old.
    package mutating func check(
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

    package mutating func say(_ now: Headroom, behind: Int) -> (text: String, isLoud: Bool)? {
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
