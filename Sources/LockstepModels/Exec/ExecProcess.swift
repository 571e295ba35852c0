import Glibc

/// A running program and the pipes to it. Belongs to one ``ExecWorker``; used by one thread at a time.
final class ExecProcess {
    private let pid: pid_t
    private var input: PipeEnd?
    private let output: PipeEnd
    private let errors: PipeEnd
    private(set) var log: ExecLog
    private var answer = AnswerLine()
    private var exit: ExecExit?
    private var errorsAreOpen = true
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    init(
        pid: pid_t, input: consuming PipeEnd, output: consuming PipeEnd, errors: consuming PipeEnd,
        log: ExecLog
    ) {
        self.pid = pid
        self.input = consume input
        self.output = output
        self.errors = errors
        self.log = log
    }

    deinit {
        kill()
        buffer.deallocate()
    }

    /// How one request went.
    enum Outcome {
        /// The program wrote a line.
        case answered([UInt8])
        /// It ended, or closed its stdout and was ended. `unread`: it had not read any of the request.
        case exited(ExecExit, unread: Bool)
        case closedOutput
        case timedOut
        /// It wrote more than ``AnswerLine/longest`` without ending the line.
        case tooLong
        /// The caller did not want to wait any longer.
        case abandoned
    }

    /// Nil when the program runs and has done nothing since its last answer. Else what it did instead, once
    /// it is ended.
    func surprise() -> String? {
        if exit == nil, input != nil, answer.isEmpty {
            var end = [pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0)]
            guard poll(&end, 1, 0) != 0 else { return nil }
            if !readOutput(), answer.isEmpty {
                awaitExit(until: .now + .seconds(1))
                return hasEnded ? "\(kill()) while it had nothing to do" : closed("stdout")
            }
        }
        guard !answer.isEmpty else { return closed("stdin") }
        kill()
        return "wrote `\(excerpt(answer.soFar))` to stdout unasked, where only answers belong"
    }

    private func closed(_ stream: String) -> String {
        kill()
        return "closed its \(stream)"
    }

    /// Writes the request and reads until the end of a line; both at once, so that neither side waits for the
    /// other however long the lines are.
    func exchange(_ request: [UInt8], timeout: Duration, isAbandoned: () -> Bool) -> Outcome {
        let deadline = SuspendingClock.now + timeout
        var written = 0
        while true {
            if let line = answer.take() {
                // What it did not wait for would stand before the next request.
                if written < request.count { input = nil }
                drainErrors()
                return .answered(line)
            }
            if answer.isTooLong { return .tooLong }
            if isAbandoned() { return .abandoned }
            let left = deadline - .now
            guard left > .zero else { return .timedOut }

            let wantsToWrite = written < request.count && input != nil
            var ends = [
                pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errorsAreOpen ? errors.descriptor : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wantsToWrite ? inputDescriptor : -1, events: Int16(POLLOUT), revents: 0),
            ]
            // Short waits: the caller may turn away, and a program may end while what it started keeps its
            // stdout open.
            let ready = poll(&ends, nfds_t(ends.count), min(left, .milliseconds(250)).milliseconds)
            if ready <= 0 {
                if hasEnded { return ended(request, written: written) }
                continue
            }
            if ends[1].revents != 0 { readErrors() }
            if ends[2].revents != 0 { written += write(request, from: written) }
            if ends[0].revents != 0, !readOutput() { return ended(request, written: written) }
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

    /// The program is at its end, or has closed its stdout, which comes to the same.
    private func ended(_ request: [UInt8], written: Int) -> Outcome {
        _ = readOutput()
        if let line = answer.take() { return .answered(line) }
        let unread =
            switch input {
            case .some(let end): end.unread == written
            case .none: written == 0
            }
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
