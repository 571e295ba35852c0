import Lockstep

/// Likely mistakes in listeners: those with one message are one.
extension Problem {
    static func ofWarnings(_ warnings: [ListenerWarning]) -> [Problem] {
        var order: [String] = []
        var groups: [String: [ListenerWarning]] = [:]
        for warning in warnings {
            if groups[warning.message] == nil { order.append(warning.message) }
            groups[warning.message, default: []].append(warning)
        }
        return order.compactMap { message in
            guard let group = groups[message], let first = group.first else { return nil }
            return Problem(
                code: first.code, severity: first.code == ListenerWarning.emptyDatabase ? .info : .warning,
                listeners: group.map(\.listener), message: Words.capitalised(message) + ".", hint: first.hint)
        }
    }
}
