import Lockstep

/// Whether the outputs are kept up to date, and if not why.
struct Readiness: Encodable {
    struct Reason: Encodable, Equatable {
        let code: String
        let message: String
    }

    let isReady: Bool
    let reasons: [Reason]

    private enum CodingKeys: String, CodingKey {
        case isReady = "ready"
        case reasons
    }

    /// - Parameter isStandalone: a server without change streams, where there are no positions.
    init(_ status: WatcherStatus, maxLag: Duration, isStandalone: Bool) {
        let limit = maxLag / .seconds(1)
        var reasons: [Reason] = []
        switch status.state {
        case .starting:
            reasons.append(.init(code: "notOpen", message: "the change stream is not open yet"))
        case .disconnected:
            reasons.append(
                .init(
                    code: "notOpen", message: "MongoDB does not answer: \(status.fault ?? "no reason given")")
            )
        case .standingBy:
            reasons.append(
                .init(
                    code: "standingBy",
                    message:
                        "\(status.holder ?? "another process") follows the changes; this one takes over when that ends"
                ))
        case .ended:
            reasons.append(
                .init(code: "ended", message: status.fault.map { "it has ended: \($0)" } ?? "it has ended"))
        case .backfilling, .following: break
        }
        if reasons.isEmpty, !isStandalone {
            if let lag = status.lag, lag > limit {
                reasons.append(
                    .init(
                        code: "lag",
                        message:
                            "\(Words.time(lag)) behind, where \(Words.time(limit)) are allowed (`server.maxLag`)"
                    ))
            }
            if let failing = status.savingFailsFor, failing > limit {
                reasons.append(
                    .init(
                        code: "stuck",
                        message:
                            "the position could not be saved for \(Words.time(failing)): is there a majority of the replica set?"
                    ))
            }
        }
        self.reasons = reasons
        isReady = reasons.isEmpty
    }
}
