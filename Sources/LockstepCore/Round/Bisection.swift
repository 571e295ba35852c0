import MongoBSON

/// Finds the inputs that break a model: a failing batch is halved until the culprit stands alone.
///
/// Many failures in a row with no success between them are an outage of the model, not a fault of the inputs. Whatever
/// an input was sent for, its answer is its outcome: none is sent again once it has one.
package struct Bisection {
    package enum Outcome: Sendable {
        case prediction(BSONValue, isTruncated: Bool = false)
        /// The model refuses this input; trying again would not help.
        case refused(String)
        /// The model broke on this input alone.
        case failed(String)
        /// The model does not work at the moment; nothing is known about the input.
        case unavailable(String)
        /// The model asks for all inputs to be asked again after that time.
        case wait(Duration, String)
        /// It has no answer to this input yet; it may say how long to wait.
        case later(Duration?)
        /// It computes this one, and has it later under this id.
        case deferred(String, Duration?)
        /// It was not asked: another listener has met an outage of the account.
        case held(ContinuousClock.Instant)
    }

    /// Single inputs that fail one after another before it counts as an outage.
    package static let outageAfter = 5

    package private(set) var outcomes: [Outcome?]
    private var pending: [Range<Int>]
    private var failuresInARow: [Int] = []
    private var isAbsolved = false
    /// The model answered at least one call.
    package private(set) var works = false

    /// The input that is tried before all others, alone, to see whether the model works again.
    private let trial: Int?

    /// - Parameters:
    ///   - batches: the ranges of inputs that go into one call each.
    ///   - trial: an input to try alone first.
    package init(count: Int, batches: [Range<Int>], trial: Int? = nil) {
        outcomes = Array(repeating: nil, count: count)
        self.trial = trial
        pending = batches.reversed()
        if let trial {
            take(trial)
            pending.append(trial..<trial + 1)
        }
    }

    /// The next inputs to try together; nil when every input has an outcome.
    package mutating func next() -> Range<Int>? {
        pending.popLast()
    }

    /// - Parameter truncated: the places among the answers of inputs that were cut.
    package mutating func succeeded(
        _ range: Range<Int>, _ answers: [Answer], truncated: Set<Int> = []
    ) {
        failuresInARow = []
        works = true
        for (index, answer) in zip(range, answers) {
            outcomes[index] =
                switch answer {
                case .value(let value):
                    .prediction(value, isTruncated: truncated.contains(index - range.lowerBound))
                case .refused(let reason): .refused(reason)
                case .later(let time): .later(time)
                case .deferred(let id, let time): .deferred(id, time)
                }
        }
    }

    package mutating func failed(_ range: Range<Int>, _ reason: String) {
        guard range.count == 1 else {
            let middle = range.lowerBound + range.count / 2
            pending.append(middle..<range.upperBound)
            pending.append(range.lowerBound..<middle)
            return
        }
        outcomes[range.lowerBound] = .failed(reason)
        failuresInARow.append(range.lowerBound)
    }

    /// A batch has more inputs than the model takes in one call.
    ///
    /// - Parameter batches: cuts inputs as it takes them now.
    package mutating func tooLarge(_ range: Range<Int>, batches: (Range<Int>) -> [Range<Int>]) {
        var cut = batches(range)
        if cut.count < 2 {
            let middle = range.lowerBound + range.count / 2
            cut = [range.lowerBound..<middle, middle..<range.upperBound]
        }
        pending = pending.flatMap { batches($0).reversed() } + cut.reversed()
    }

    /// So many inputs failed alone, one after another, that it may be the model.
    package var suspectsOutage: Bool {
        // mechanism outage, off:
        //   !isAbsolved && failuresInARow.count >= Self.outageAfter becomes false
        !isAbsolved && failuresInARow.count >= Self.outageAfter
    }

    /// The model answered a call, or an input that it is known to answer.
    package var isProven: Bool {
        works || isAbsolved
    }

    /// Some inputs that were not tried yet, to see whether the model works at all: none when one was tried for that.
    package var untried: [Int] {
        trial == nil || isProven ? pending.reversed().suffix(3).compactMap(\.last) : []
    }

    /// This input is sent alone now, whatever comes of it.
    package mutating func take(_ place: Int) {
        guard let index = pending.firstIndex(where: { $0.contains(place) }) else { return }
        let range = pending[index]
        let rest = [place + 1..<range.upperBound, range.lowerBound..<place].filter { !$0.isEmpty }
        pending.replaceSubrange(index...index, with: rest)
    }

    /// Nothing came of sending this input alone: it is sent again.
    package mutating func putBack(_ place: Int) {
        pending.append(place..<place + 1)
    }

    /// The model works: what failed, failed by itself.
    package mutating func absolve() {
        isAbsolved = true
    }

    /// It is an outage: those that failed are not to blame.
    package mutating func confirmOutage(_ reason: String) {
        for index in failuresInARow { outcomes[index] = .unavailable(reason) }
        unavailable(reason)
    }

    /// Why the last input failed, when every one that was tried did and nothing proves that the model works.
    package var unprovenFailure: String? {
        // mechanism unproven, off: return nil
        guard !works, !isAbsolved, let last = failuresInARow.last, case .failed(let reason) = outcomes[last]
        else { return nil }
        return reason
    }

    /// The model cannot be reached: everything that has no outcome yet waits.
    package mutating func unavailable(_ reason: String) {
        end(.unavailable(reason))
    }

    /// The model asks to wait: so does everything that has no outcome yet.
    package mutating func wait(_ time: Duration, _ reason: String) {
        end(.wait(time, reason))
    }

    /// The account is held: so is everything that has no outcome yet.
    package mutating func hold(until due: ContinuousClock.Instant) {
        end(.held(due))
    }

    /// Whether it is an outage cannot be found out before then: those that failed are in doubt, and wait with the rest.
    package mutating func suspend(until due: ContinuousClock.Instant) {
        putBackInDoubt(.held(due))
        hold(until: due)
    }

    /// As ``suspend(until:)``, where the model asks to wait itself.
    package mutating func suspend(for time: Duration, _ reason: String) {
        putBackInDoubt(.wait(time, reason))
        wait(time, reason)
    }

    private mutating func putBackInDoubt(_ outcome: Outcome) {
        for index in failuresInARow { outcomes[index] = outcome }
        failuresInARow = []
    }

    private mutating func end(_ outcome: Outcome) {
        pending = []
        for index in outcomes.indices where outcomes[index] == nil { outcomes[index] = outcome }
    }
}

extension Bisection.Outcome {
    /// Under which the provider has the input now; one that gave no answer has it under the same id as before.
    package func deferredID(before known: String?) -> String? {
        switch self {
        case .deferred(let id, _): id
        case .unavailable, .wait, .later, .held: known
        case .prediction, .refused, .failed: nil
        }
    }

    /// What need not be asked again.
    package var known: KnownAnswer? {
        switch self {
        case .prediction(let value, let isTruncated): .value(value, isTruncated: isTruncated)
        case .refused(let reason): .refused(reason)
        case .deferred(let id, _): .deferred(id)
        default: nil
        }
    }
}

extension BatchLimits {
    /// Cuts inputs into the ranges that one call takes.
    package func batches(sizes: [Int]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        var taken = 0
        for (index, size) in sizes.enumerated() {
            if index > start && (index - start >= count || taken + size > bytes) {
                ranges.append(start..<index)
                start = index
                taken = 0
            }
            taken += size
        }
        if start < sizes.count { ranges.append(start..<sizes.count) }
        return ranges
    }
}
