import Lockstep
import Synchronization

/// One place for a running program: starts it, asks it, and starts it again after it has broken.
final class ExecWorker: Sendable {
    private let model: String
    private let command: ExecCommand
    private let timeout: Duration
    private let state = Mutex(State())

    private struct State {
        var process: ExecProcess?
        var requests = 0
    }

    init(model: String, command: ExecCommand, timeout: Duration) {
        self.model = model
        self.command = command
        self.timeout = timeout
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
                let outcome = process.exchange(request.line, timeout: timeout, isAbandoned: isAbandoned)
                guard case .exited(let exit, unread: true) = outcome else {
                    return try results(request, outcome, &state)
                }
                surprise = "\(exit) while it had nothing to do"
            }
            process.log.warn("the program \(surprise ?? "ended"); it is started again")
        }
        if isAbandoned() { throw abandoned }
        state.process = nil
        let process = try command.start(model: model, log: ExecLog(model: model))
        state.process = process
        return try results(
            request, process.exchange(request.line, timeout: timeout, isAbandoned: isAbandoned), &state)
    }

    /// What the outcome means; after anything but a right answer the program is not asked again.
    private func results(
        _ request: ExecRequest, _ outcome: ExecProcess.Outcome, _ state: inout State
    ) throws -> [Result<BSONValue, InputError>] {
        let process = state.process
        if case .answered(let line) = outcome {
            do throws(ExecAnswerProblem) {
                let answer = try ExecAnswer(line: line, id: request.id, count: request.places.count)
                return request.results(answer.results)
            } catch {
                process?.kill()
                state.process = nil
                throw ModelError.failed("\(program) \(error.description)")
            }
        }
        process?.kill()
        state.process = nil
        throw error(outcome, said: process?.log.last)
    }

    private func error(_ outcome: ExecProcess.Outcome, said: String?) -> any Error {
        let words = said.map { ": \(excerpt(Array($0.utf8)))" } ?? ""
        switch outcome {
        case .exited(let exit, unread: true):
            // The inputs cannot be to blame.
            return ModelError.unavailable("\(program) \(exit) before it read a request\(words)")
        case .exited(let exit, unread: false):
            return ModelError.failed("\(program) \(exit)\(words)")
        case .closedOutput:
            return ModelError.failed("\(program) closed its stdout without an answer\(words)")
        case .timedOut:
            return ModelError.failed("\(program) did not answer within \(timeout.text)\(words)")
        case .tooLong:
            return ModelError.failed(
                "\(program) answered more than \(AnswerLine.longest >> 20) MiB in one line")
        case .abandoned, .answered:
            return abandoned
        }
    }

    private var abandoned: any Error {
        Task.isCancelled ? CancellationError() : ModelError.unavailable("\(program) was shut down")
    }

    private var program: String {
        "model `\(model)` (\(command))"
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
