/// Says that a program has not answered its first request yet: after half a minute, and each time after twice as long.
struct LoadingNotice {
    let limit: Duration
    private var next = Duration.seconds(30)

    /// - Parameter limit: how long it may take.
    init(limit: Duration) {
        self.limit = limit
    }

    /// Nil when nothing is to be said.
    mutating func due(after elapsed: Duration) -> String? {
        guard elapsed >= next else { return nil }
        while next <= elapsed { next *= 2 }
        return
            "the program is still starting after \(elapsed.components.seconds) s (`startTimeout` is \(limit.text))"
    }
}
