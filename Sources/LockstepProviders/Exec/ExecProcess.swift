import Glibc

/// A running program and the pipes to it. Belongs to one ``ExecWorker``; used by one thread at a time.
final class ExecProcess {
    private let pid: pid_t
    private var input: PipeEnd?
    private let output: PipeEnd
    private let errors: PipeEnd
    var log: ExecLog
    /// It wrote something to stdout that is no answer.
    private let onNoise: () -> Void
    private var answer = AnswerLine()
    private var exit: ExecExit?
    /// Requests that were answered, and the number of the first one asked.
    private(set) var answers = 0
    private var firstID: Int?
    private var errorsAreOpen = true
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    init(
        pid: pid_t, input: consuming PipeEnd, output: consuming PipeEnd, errors: consuming PipeEnd,
        log: ExecLog, onNoise: @escaping () -> Void
    ) {
        self.pid = pid
        self.input = consume input
        self.output = output
        self.errors = errors
        self.log = log
        self.onNoise = onNoise
    }

    deinit {
        kill()
        buffer.deallocate()
    }

    /// How one request went.
    enum Outcome {
        /// The program wrote a line about it: an answer, or one that is wrong.
        case answered(ExecLine)
        /// It ended, or closed its stdout and was ended. `unread`: it had not read any of the request.
        case exited(ExecExit, unread: Bool)
        case closedOutput
        /// `doubt`: what it wrote instead looked like an answer.
        case timedOut(unread: Bool, doubt: ExecAnswerProblem?)
        /// It wrote more than ``AnswerLine/longest`` without ending the line.
        case tooLong
        /// The caller did not want to wait any longer.
        case abandoned
    }

    /// Nil when the program can be asked; what it has said since its last answer goes to the log. Else what it did
    /// instead, once it is ended.
    func surprise() -> String? {
        guard exit == nil, input != nil else { return closed("stdin") }
        // A pipe holds 1 MiB at most; a program that goes on writing is not followed.
        for _ in 0..<64 {
            var end = [pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0)]
            guard poll(&end, 1, 0) != 0 else { break }
            let isOpen = readOutput()
            while let line = answer.take() { hear(line, nil) }
            guard isOpen else {
                hearRest()
                awaitExit(until: .now + .seconds(1))
                return hasEnded ? "\(kill()) while it had nothing to do" : closed("stdout")
            }
        }
        // What stands there without an end came before the request, and is no answer to it.
        hearRest()
        return nil
    }

    private func closed(_ stream: String) -> String {
        kill()
        return "closed its \(stream)"
    }

    /// Writes the request and reads until a line answers it; both at once, so that neither side waits for the other however
    /// long the lines are.
    ///
    /// - Parameter limit: how long it may take.
    func exchange(_ request: ExecRequest, within limit: Duration, isAbandoned: () -> Bool) -> Outcome {
        let began = SuspendingClock.now
        var notice = LoadingNotice(limit: limit)
        var written = 0
        var doubt: ExecAnswerProblem?
        firstID = firstID ?? request.id
        while true {
            if let line = nextAbout(request, &doubt) {
                // What it did not wait for would stand before the next request.
                if written < request.line.count { input = nil }
                drainErrors()
                return took(line)
            }
            if answer.isTooLong { return .tooLong }
            if isAbandoned() { return .abandoned }
            let elapsed = SuspendingClock.now - began
            guard elapsed < limit else { return .timedOut(unread: isUnread(written), doubt: doubt) }
            if answers == 0, let text = notice.due(after: elapsed) {
                log.release()
                log.warn(text)
            }
            let left = limit - elapsed

            let wantsToWrite = written < request.line.count && input != nil
            var ends = [
                pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errorsAreOpen ? errors.descriptor : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wantsToWrite ? inputDescriptor : -1, events: Int16(POLLOUT), revents: 0),
            ]
            // Short waits: the caller may turn away, and a program may end while what it started keeps its
            // stdout open.
            let ready = poll(&ends, nfds_t(ends.count), min(left, .milliseconds(250)).milliseconds)
            if ready <= 0 {
                if hasEnded { return ended(request, written: written, &doubt) }
                continue
            }
            if ends[1].revents != 0 { readErrors() }
            if ends[2].revents != 0 { written += write(request.line, from: written) }
            if ends[0].revents != 0, !readOutput() { return ended(request, written: written, &doubt) }
        }
    }

    /// Ends what the program reads: a well-behaved one exits.
    func closeInput() {
        input = nil
    }

    /// Waits for the program to exit by itself and kills it, with all that it started, at the deadline.
    func end(by deadline: SuspendingClock.Instant) {
        awaitExit(until: deadline)
        kill()
    }

    /// Kills the program and all that it started, unless it is gone.
    @discardableResult
    func kill() -> ExecExit {
        if let exit { return exit }
        // The process group is this program's until it is reaped, also when it has exited.
        Glibc.kill(-pid, SIGKILL)
        Glibc.kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) == -1, errno == EINTR {}
        let exit = ExecExit(waitStatus: status)
        self.exit = exit
        input = nil
        drainErrors()
        log.finish()
        return exit
    }
}

// MARK: The ways in and out

extension ExecProcess {
    private var inputDescriptor: Int32 {
        switch input {
        case .some(let end): end.descriptor
        case .none: -1
        }
    }

    /// The bytes that went out; a program that reads no more is found out by its silence.
    private func write(_ request: [UInt8], from start: Int) -> Int {
        request.withUnsafeBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            let transfer: PipeEnd.Transfer =
                switch input {
                case .some(let end): end.write(rest)
                case .none: .closed
                }
            switch transfer {
            case .moved(let count): return count
            case .wouldBlock: return 0
            case .closed:
                input = nil
                return 0
            }
        }
    }

    /// The next line that is about the request, past those that are not.
    private func nextAbout(_ request: ExecRequest, _ doubt: inout ExecAnswerProblem?) -> ExecLine? {
        while let bytes = answer.take() {
            let line = ExecLine(
                bytes, id: request.id, firstID: firstID ?? request.id, count: request.places.count)
            switch line {
            case .answer, .retryAfter, .wrong: return line
            case .blank: break
            case .noise(let problem):
                doubt = problem ?? doubt
                hear(bytes, problem)
            }
        }
        return nil
    }

    private func took(_ line: ExecLine) -> Outcome {
        if case .wrong = line { return .answered(line) }
        answers += 1
        log.release()
        return .answered(line)
    }

    /// A line that answers nothing.
    private func hear(_ line: [UInt8], _ problem: ExecAnswerProblem?) {
        guard line.contains(where: { $0 != 0x20 }) else { return }
        onNoise()
        log.add(noise: line, problem)
    }

    private func hearRest() {
        if !answer.isEmpty { hear(answer.takeRest(), nil) }
    }

    /// False when the program has closed its stdout.
    private func readOutput() -> Bool {
        while !answer.isComplete, !answer.isTooLong {
            switch output.read(into: buffer) {
            case .moved(let count): answer.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            case .wouldBlock: return true
            case .closed: return false
            }
        }
        return true
    }

    private func readErrors() {
        switch errors.read(into: buffer) {
        case .moved(let count): log.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        case .wouldBlock: break
        case .closed: errorsAreOpen = false
        }
    }

    /// Reads what stands in the pipe, which holds 1 MiB at most; a program that goes on writing is not
    /// followed.
    private func drainErrors() {
        for _ in 0..<16 where errorsAreOpen {
            var end = [pollfd(fd: errors.descriptor, events: Int16(POLLIN), revents: 0)]
            guard poll(&end, 1, 0) == 1 else { return }
            readErrors()
        }
    }
}

// MARK: The end

extension ExecProcess {
    /// True once the program itself has exited. It stays a zombie, so that its process group keeps its
    /// number.
    private var hasEnded: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo != 0
    }

    private func awaitExit(until deadline: SuspendingClock.Instant) {
        while exit == nil, !hasEnded, SuspendingClock.now < deadline {
            drainErrors()
            usleep(1000)
        }
    }

    /// The program has read nothing of what was written to it.
    private func isUnread(_ written: Int) -> Bool {
        switch input {
        case .some(let end): end.unread == written
        case .none: written == 0
        }
    }

    /// The program is at its end, or has closed its stdout, which comes to the same.
    private func ended(
        _ request: ExecRequest, written: Int, _ doubt: inout ExecAnswerProblem?
    ) -> Outcome {
        // What it wrote before its end, of which a pipe holds 1 MiB.
        for _ in 0..<64 {
            let isOpen = readOutput()
            if let line = nextAbout(request, &doubt) { return took(line) }
            var end = [pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0)]
            if !isOpen || poll(&end, 1, 0) == 0 { break }
        }
        hearRest()
        let unread = isUnread(written)
        awaitExit(until: .now + .seconds(1))
        guard hasEnded else {
            kill()
            return .closedOutput
        }
        return .exited(kill(), unread: unread)
    }
}

extension Duration {
    /// Rounded up, so that a wait does not end just before its time.
    fileprivate var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        return Int32(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
