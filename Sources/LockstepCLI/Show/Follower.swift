import Lockstep

/// Which process computes documents that are not fresh.
enum Follower: Equatable {
    /// A running lockstep, and how many seconds its saved position is behind.
    case running(String, lag: Int?)
    case none
    /// A standalone server does not say.
    case unknown

    static func find(_ db: Database) async throws -> Follower {
        guard db.deployment.hasChangeStreams else { return .unknown }
        guard let lease = try await db.daemon.lease(), lease.isAlive else { return .none }
        let position = try await db.daemon.checkpoint()?.position?.clusterTime
        let now = try await db.daemon.clusterTime()
        let lag = position.flatMap { position in
            now.map { max(0, Int($0.seconds) - Int(position.seconds)) }
        }
        return .running(lease.holderText, lag: lag)
    }

    /// The end of a sentence that says what is wrong.
    var outlook: String {
        switch self {
        case .running(let holder, let lag):
            "\(holder) follows" + (lag.map { ", \(Terminal.duration(.seconds($0))) behind" } ?? "")
                + ", and computes it"
        case .none: "no `lockstep run` follows this database now"
        case .unknown: "`lockstep run` finds it at its next audit"
        }
    }
}
