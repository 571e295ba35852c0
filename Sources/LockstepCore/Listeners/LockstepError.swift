/// An error of Lockstep itself, as opposed to one of MongoDB.
public enum LockstepError: Error, Sendable, Hashable {
    /// The listener cannot be added; says why and what to write instead.
    case badListener(String)
    /// The change stream's history was lost again and again.
    case historyLostAgain(Int)
    /// Not everything became fresh in time.
    case timeout(String)
    /// The watcher is not running.
    case notWatching
    /// There is no listener of that id.
    case noListener(String)
    /// A scan was cut short; says why.
    case interrupted(String)
    /// MongoDB stores no outputs; says of which listener and why.
    case refused(String)
}

extension LockstepError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badListener(let reason), .timeout(let reason), .refused(let reason): reason
        case .interrupted(let reason): "\(reason): run it again"
        case .historyLostAgain(let times):
            "the history of the change stream was lost \(times) times in a row: a scan takes longer than the oplog lasts. Enlarge the oplog: db.adminCommand({replSetResizeOplog: 1, size: <megabytes>})"
        case .noListener(let id): "there is no listener `\(id)`: `status` names those that are"
        case .notWatching: "the watcher is not running: call watch() first"
        }
    }
}
