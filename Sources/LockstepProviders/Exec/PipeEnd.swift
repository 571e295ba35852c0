import Glibc

/// One end of a pipe that this process holds. Never passed on to a program that is started, unless by name.
struct PipeEnd: ~Copyable {
    let descriptor: Int32

    fileprivate init(adopting descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Makes reads and writes of this end return at once when they would wait.
    func stopBlocking() throws(ErrorNumber) {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else { throw ErrorNumber() }
    }

    /// Bytes that stand in the pipe unread.
    var unread: Int {
        var count: Int32 = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    enum Transfer {
        case moved(Int)
        /// Nothing to read yet, or no room to write.
        case wouldBlock
        /// The other end is closed.
        case closed
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 { return .moved(count) }
            if count == 0 { return .closed }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .closed
            }
        }
    }

    /// Writes without a SIGPIPE, which would end the whole process, when the other end is closed.
    func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        withoutSIGPIPE {
            while true {
                let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
                if count >= 0 { return .moved(count) }
                switch errno {
                case EINTR: continue
                case EAGAIN: return .wouldBlock
                default: return .closed
                }
            }
        }
    }
}

/// A new pipe.
struct Pipe: ~Copyable {
    let read: PipeEnd
    let write: PipeEnd

    init() throws(ErrorNumber) {
        var descriptors: [Int32] = [-1, -1]
        guard pipe2(&descriptors, O_CLOEXEC) == 0 else { throw ErrorNumber() }
        read = PipeEnd(adopting: descriptors[0])
        write = PipeEnd(adopting: descriptors[1])
        // A batch is larger than the 64 KiB of a pipe; more room means fewer switches between the two
        // processes. Refused when the user has many large pipes, which does not matter.
        _ = fcntl(write.descriptor, F_SETPIPE_SZ, 1 << 20)
    }
}

/// Blocks SIGPIPE on this thread and takes back the one that `body` may have raised. The process's own
/// handling of the signal stays as it is: that is not a library's to change.
private func withoutSIGPIPE(_ body: () -> PipeEnd.Transfer) -> PipeEnd.Transfer {
    var pipe = sigset_t()
    var before = sigset_t()
    var pending = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    sigpending(&pending)
    let wasPending = sigismember(&pending, SIGPIPE) == 1
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    let transfer = body()
    if case .closed = transfer, !wasPending {
        var atOnce = timespec()
        while sigtimedwait(&pipe, nil, &atOnce) == -1, errno == EINTR {}
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    return transfer
}

/// An `errno`, with the system's words for it.
struct ErrorNumber: Error, CustomStringConvertible {
    let code: Int32

    init(_ code: Int32 = errno) {
        self.code = code
    }

    var description: String {
        String(cString: strerror(code))
    }
}
