import LockstepCore
import Logging
import MongoBSON
import Synchronization

/// What the workers of one model have in common: the program, its limits, and how its starts went.
final class ExecProgram: Sendable {
    let model: String
    let command: ExecCommand
    /// For one batch, once the program has answered something.
    let timeout: Duration
    /// From a start to the first answer.
    let startTimeout: Duration
    private let isCurrent: @Sendable () -> Bool
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var starts = StartHistory()
        var failures = FailureSummary()
        /// The smallest input that was answered: whether the program works is tried with it.
        var known: BSONValue?
        var noiseWasTold = false
        var changeWasTold = false
    }

    init(
        model: String, command: ExecCommand, timeout: Duration, startTimeout: Duration,
        isCurrent: @escaping @Sendable () -> Bool
    ) {
        self.isCurrent = isCurrent
        self.model = model
        self.command = command
        self.timeout = timeout
        self.startTimeout = startTimeout
        logger = Logger(label: "lockstep.model.\(model)")
    }

    /// Starts the program, if it is not too soon after a start that failed.
    ///
    /// - Throws: ``ModelError/unavailable(_:)``: nothing is wrong with the inputs.
    func start() throws -> ExecProcess {
        let (refusal, isAgain) = state.withLock { state in
            let isAgain = state.starts.failure != nil
            return (state.starts.refusal(.now), isAgain)
        }
        if let refusal { throw ModelError.unavailable(refusal) }
        tellOfChange()
        do throws(ModelError) {
            return try command.start(model: model, log: ExecLog(logger: logger, isKeptBack: isAgain)) {
                [self] in heardNoise()
            }
        } catch {
            throw ModelError.unavailable(failedToStart("\(error)", "\(error)", isOutage: true).reason)
        }
    }

    /// A program that is started again runs with its files of now.
    private func tellOfChange() {
        guard !state.withLock({ $0.changeWasTold }), !isCurrent() else { return }
        state.withLock { $0.changeWasTold = true }
        logger.warning(
            "the program's files have changed since the configuration was read, and it starts with those of now: `lockstep reload` gives its outputs another version"
        )
    }

    /// An input that the program has answered.
    var knownInput: BSONValue? {
        state.withLock { $0.known }
    }

    /// A request was answered.
    ///
    /// - Parameter isFirst: of this start.
    func answered(_ inputs: [BSONValue], isFirst: Bool) {
        let smallest = inputs.min { $0.bytes.count < $1.bytes.count }
        state.withLock { state in
            if isFirst { state.starts.answered() }
            guard let smallest, smallest.bytes.count < state.known?.bytes.count ?? .max else { return }
            state.known = smallest
        }
    }

    /// The program has ended, or was ended, without an answer to its first request. Gives what to say of it, which is the
    /// same for one cause, and whether the log has not heard it yet.
    ///
    /// - Parameter lines: of stderr that the log has not heard.
    func failedToStart(
        _ kind: String, _ reason: String, isOutage: Bool, lines: Int = 0
    ) -> (reason: String, isNews: Bool) {
        let reason = state.withLock { $0.starts.failed(kind, reason, isOutage: isOutage, .now) }
        return (reason, isNews(kind, lines))
    }

    /// Nobody waits for the program's first answer any more.
    func startWasGivenUp() {
        state.withLock { $0.starts.wasGivenUp() }
    }

    /// The program broke after it had answered something. Says so, if the log has not heard it yet.
    func broke(_ kind: String, _ what: String) {
        if isNews("the program \(kind)", 0) { logger.warning("the program \(what); it is started again") }
    }

    /// It has written something to stdout that is no answer.
    func heardNoise() {
        let isNews = state.withLock { state in
            defer { state.noiseWasTold = true }
            return !state.noiseWasTold
        }
        if isNews {
            logger.warning(
                "the program writes to stdout what is no answer: it is ignored and goes to the log. Print it to stderr"
            )
        }
    }

    /// Whether to log a failure in full; else it is counted, and summed up later.
    private func isNews(_ kind: String, _ lines: Int) -> Bool {
        let (isNews, sums) = state.withLock { $0.failures.failed(kind, lines: lines, .now) }
        for sum in sums { logger.warning("\(sum)") }
        return isNews
    }
}
