import LockstepCore
import MongoBSON
import Synchronization

/// One place for a running program: starts it, asks it, and starts it again after it has broken.
final class ExecWorker: Sendable {
    private let program: ExecProgram
    private let state = Mutex(State())

    private struct State {
        /// Answered something, and has not broken since.
        var process: ExecProcess?
        var requests = 0
        /// The next start is to answer something that is known to be good, before it is asked anything else.
        var needsTrial = false
    }

    init(_ program: ExecProgram) {
        self.program = program
    }

    /// Asks the program; blocks until it has answered. Nil when `ifFree` and another thread is asking it.
    func predict(
        _ inputs: [BSONValue], ifFree: Bool, isAbandoned: @Sendable () -> Bool
    ) throws -> [Result<BSONValue, InputError>]? {
        if ifFree {
            return try state.withLockIfAvailable { try predict(inputs, &$0, isAbandoned) }
        }
        return try state.withLock { try predict(inputs, &$0, isAbandoned) }
    }

    func closeInput() {
        state.withLock { $0.process?.closeInput() }
    }

    func end(by deadline: SuspendingClock.Instant) {
        state.withLock {
            $0.process?.end(by: deadline)
            $0.process = nil
        }
    }

    private func predict(
        _ inputs: [BSONValue], _ state: inout State, _ isAbandoned: @Sendable () -> Bool
    ) throws -> [Result<BSONValue, InputError>] {
        state.requests += 1
        let request = ExecRequest(id: state.requests, inputs: inputs)
        guard !request.places.isEmpty else { return request.results([]) }
        if let process = state.process {
            var surprise = process.surprise()
            if surprise == nil {
                let outcome = process.exchange(request, within: program.timeout, isAbandoned: isAbandoned)
                guard case .exited(let exit, unread: true) = outcome else {
                    return try results(inputs, request, outcome, of: process, &state)
                }
                surprise = "\(exit) while it had nothing to do"
            }
            let what = surprise ?? "ended"
            program.broke(what, what)
            state.process = nil
        }
        if isAbandoned() { throw abandoned }
        let process = try program.start()
        if state.needsTrial, let known = program.knownInput {
            state.requests += 1
            let trial = ExecRequest(id: state.requests, inputs: [known])
            let outcome = process.exchange(trial, within: program.startTimeout, isAbandoned: isAbandoned)
            try judge(outcome, of: process, &state)
            program.answered([known], isFirst: true)
            // The request's number is later than the trial's.
            state.requests += 1
            let request = ExecRequest(id: state.requests, inputs: inputs)
            return try results(
                inputs, request,
                process.exchange(request, within: program.timeout, isAbandoned: isAbandoned), of: process,
                &state)
        }
        return try results(
            inputs, request,
            process.exchange(request, within: program.startTimeout, isAbandoned: isAbandoned), of: process,
            &state)
    }

    /// A program that does not answer what it has answered before does not work.
    private func judge(
        _ outcome: ExecProcess.Outcome, of process: ExecProcess, _ state: inout State
    ) throws {
        switch outcome {
        case .answered(.answer), .answered(.retryAfter): state.needsTrial = false
        default:
            process.kill()
            throw broken(outcome, of: process, isOutage: true)
        }
    }

    /// What the outcome means; after anything but a right answer the program is not asked again.
    private func results(
        _ inputs: [BSONValue], _ request: ExecRequest, _ outcome: ExecProcess.Outcome,
        of process: ExecProcess,
        _ state: inout State
    ) throws -> [Result<BSONValue, InputError>] {
        switch outcome {
        case .answered(.answer(let answer)):
            program.answered(inputs, isFirst: process.answers == 1)
            state.process = process
            return request.results(answer.results)
        case .answered(.retryAfter(let pause)):
            program.answered([], isFirst: process.answers == 1)
            state.process = process
            throw ModelError.retryAfter(pause, "model `\(program.model)` asks to wait \(pause.text)")
        default:
            process.kill()
            state.process = nil
            state.needsTrial = needsTrial(after: outcome, of: process)
            throw broken(outcome, of: process, isOutage: outcome.isUnread)
        }
    }

    /// A program that hangs again on its first request would be waited for as long as for one that loads; and one that
    /// has answered nothing since it was started works no more, perhaps.
    private func needsTrial(after outcome: ExecProcess.Outcome, of process: ExecProcess) -> Bool {
        if case .timedOut = outcome { return true }
        return process.answers == 0
    }

    /// The error for a program that gave no right answer and was ended.
    private func broken(
        _ outcome: ExecProcess.Outcome, of process: ExecProcess, isOutage: Bool
    ) -> any Error {
        let isFirst = process.answers == 0
        guard let (kind, what) = outcome.complaint(program, isFirst: isFirst) else {
            if isFirst { program.startWasGivenUp() }
            return abandoned
        }
        let words = process.log.last.map { ": \(excerpt(Array($0.utf8)))" } ?? ""
        var reason = "\(name) \(what)\(words)"
        if isFirst {
            let isNews: Bool
            (reason, isNews) = program.failedToStart(
                "\(name) \(kind)", reason, isOutage: isOutage, lines: process.log.keptCount)
            if isNews { process.log.release() }
        } else {
            program.broke(kind, what)
        }
        return isOutage ? ModelError.unavailable(reason) : ModelError.failed(reason)
    }

    private var abandoned: any Error {
        Task.isCancelled ? CancellationError() : ModelError.unavailable("\(name) was shut down")
    }

    private var name: String {
        "model `\(program.model)` (\(program.command))"
    }
}

extension ExecProcess.Outcome {
    /// The program had not read the request: no input can be to blame.
    fileprivate var isUnread: Bool {
        switch self {
        case .exited(_, let unread), .timedOut(let unread, _): unread
        default: false
        }
    }

    /// What the program did, to be put after its name: what such failures have in common, and in full. Nil where nothing is
    /// wrong with it.
    ///
    /// - Parameter isFirst: nothing since its start was answered.
    fileprivate func complaint(_ program: ExecProgram, isFirst: Bool) -> (kind: String, text: String)? {
        let text: String
        switch self {
        case .answered(.wrong(let problem)): return ("gave no right answer", problem.description)
        case .exited(let exit, unread: true): text = "\(exit) before it read a request"
        case .exited(let exit, unread: false): text = "\(exit)"
        case .closedOutput: text = "closed its stdout without an answer"
        case .timedOut(let unread, let doubt):
            let limit =
                isFirst ? "\(program.startTimeout.text) (`startTimeout`)" : program.timeout.text
            let did = unread ? "did not read" : "did not answer"
            text = isFirst ? "\(did) its first request within \(limit)" : "\(did) within \(limit)"
            if let doubt { return (text, "\(text), but \(doubt.description)") }
        case .tooLong: text = "answered more than \(AnswerLine.longest >> 20) MiB in one line"
        case .abandoned, .answered: return nil
        }
        return (text, text)
    }
}

extension Duration {
    /// As `60 s` or `1.5 s`.
    var text: String {
        let (seconds, attoseconds) = components
        guard attoseconds != 0 else { return "\(seconds) s" }
        return "\(Double(seconds) + Double(attoseconds) / 1e18) s"
    }
}
