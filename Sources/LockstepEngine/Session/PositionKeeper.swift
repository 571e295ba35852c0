import LockstepCore
import Logging
import MongoBSON
import MongoDriver
import Synchronization

/// Saves positions and progress as they fall due, and watches how far the oplog reaches back.
final class PositionKeeper: Sendable {
    private let saver: CheckpointSaver
    private let capture: Capture?
    private let connection: Connection
    private let log: Logger
    private let window = Mutex<(oldest: UInt32, newest: UInt32)?>(nil)

    init(saver: CheckpointSaver, capture: Capture?, connection: Connection, log: Logger) {
        self.saver = saver
        self.capture = capture
        self.connection = connection
        self.log = log
    }

    /// Saves until the session ends; apart from the supervision, since a majority may be long in coming.
    ///
    /// - Parameter isWatched: whether somebody reads the status.
    func run(until ending: SessionEnding, isWatched: () -> Bool) async {
        var headroom = HeadroomWatch()
        var outage = OutageLog()
        while !ending.isEnding {
            if let (text, isLoud) = headroom.check(saver.position, isWanted: isWatched(), connection) {
                log.log(level: isLoud ? .error : .warning, "\(text)")
            }
            window.withLock { [window = headroom.window] in $0 = window }
            do throws(MongoError) {
                if try saver.saveIfDue(capture), let text = outage.over(.now) {
                    log.notice("positions are saved again\(text)")
                }
            } catch {
                if error.code == MongoError.Code.duplicateKey {
                    return ending.end(.rewind("another process has taken over"))
                }
                if !error.isTransient { return ending.end(.failed(error)) }
                // The next round tries again. The capture reports an absent server, the lease a missing majority.
                if error.source == .server, !error.isAboutMajority, let text = outage.failed(.now) {
                    log.warning(
                        "the position cannot be saved: \(error) What was done since is checked again later\(text)."
                    )
                }
            }
            try? await Task.sleep(for: .milliseconds(saver.isAwaited(capture) ? 5 : 100))
        }
    }

    /// Seconds that the saved position is ahead of the oplog's end, and that the oplog reaches back.
    var headroom: (seconds: Int, window: Int)? {
        guard let window = window.withLock({ $0 }), let position = saver.position else { return nil }
        let seconds = Int(position.clusterTime.seconds) - Int(window.oldest)
        guard seconds > 0 || window.newest > window.oldest else { return nil }
        // The position may be newer than what was read of the oplog.
        return (seconds, max(seconds, Int(window.newest) - Int(window.oldest)))
    }
}
