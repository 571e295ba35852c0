import LockstepCore

/// Counts how often an open stream was cut without having moved.
package struct RepeatedCuts {
    private var place: StartPlan.Stream?
    private var reading = ChangeStream.Reading.batches
    private var count = 0

    /// True when it was cut so often in a row at one place that it may be the event there: three times, and ten where
    /// nothing less can be asked for than what was, since history is given up then.
    package mutating func again(at from: StartPlan.Stream, _ reading: ChangeStream.Reading) -> Bool {
        count = from == place && reading == self.reading ? count + 1 : 1
        (place, self.reading) = (from, reading)
        guard count >= (reading == .bare ? 10 : 3) else { return false }
        count = 0
        return true
    }
}
