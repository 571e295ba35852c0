import Lockstep
import LockstepAPI

extension API.Readiness {
    /// Whether the outputs of a watched database are kept up to date.
    ///
    /// - Parameter isStandalone: a server without change streams, where there are no positions.
    init(_ status: WatcherStatus, maxLag: Duration, isStandalone: Bool) {
        var reasons = Self.unavailability(status).map { [$0] } ?? []
        if reasons.isEmpty, !isStandalone { reasons = Self.delays(status, limit: maxLag / .seconds(1)) }
        self.init(reasons: reasons)
    }

    /// Why no change is followed; nil when they are.
    private static func unavailability(_ status: WatcherStatus) -> API.Reason? {
        switch status.state {
        case .starting: API.Reason(code: "notOpen", message: "the change stream is not open yet")
        case .disconnected:
            API.Reason(
                code: "notOpen", message: "MongoDB does not answer: \(status.fault ?? "no reason given")")
        case .standingBy:
            API.Reason(
                code: "standingBy",
                message:
                    "\(status.holder ?? "another process") follows the changes; this one takes over when that ends"
            )
        case .ended:
            API.Reason(code: "ended", message: status.fault.map { "it has ended: \($0)" } ?? "it has ended")
        case .backfilling, .following: nil
        }
    }

    private static func delays(_ status: WatcherStatus, limit: Double) -> [API.Reason] {
        var reasons: [API.Reason] = []
        if let lag = status.lag, lag > limit {
            reasons.append(
                API.Reason(
                    code: "lag",
                    message:
                        "\(Format.time(lag)) behind, where \(Format.time(limit)) are allowed (`server.maxLag`)"
                ))
        }
        if let failing = status.savingFailsFor, failing > limit {
            reasons.append(
                API.Reason(
                    code: "stuck",
                    message:
                        "the position could not be saved for \(Format.time(failing)): is there a majority of the replica set?"
                ))
        }
        return reasons
    }
}
