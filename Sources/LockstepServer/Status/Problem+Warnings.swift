import Lockstep
import LockstepAPI

/// Likely mistakes in listeners, one for each message.
extension API.Problem {
    static func ofWarnings(_ warnings: [ListenerWarning]) -> [Self] {
        var order: [String] = []
        var groups: [String: [ListenerWarning]] = [:]
        for warning in warnings {
            if groups[warning.message] == nil { order.append(warning.message) }
            groups[warning.message, default: []].append(warning)
        }
        return order.compactMap { message in
            guard let group = groups[message], let first = group.first else { return nil }
            return Self(
                code: first.code, severity: first.code == ListenerWarning.emptyDatabase ? .info : .warning,
                listeners: group.map(\.listener), message: Format.capitalised(message) + ".", hint: first.hint
            )
        }
    }
}
