import ArgumentParser
import Foundation
import LockstepConfiguration
import Synchronization

/// SIGTERM and SIGINT, caught from here on until the process ends.
final class StopSignals: Sendable {
    private struct State {
        var count = 0
        var last: Int32?
        var handler: @Sendable (_ signal: Int32, _ count: Int) -> Void
    }

    private let state: Mutex<State>
    private let requests: AsyncStream<Void>

    /// - Parameter handler: hears each signal and how many there were, on a thread of its own.
    init(_ handler: @escaping @Sendable (_ signal: Int32, _ count: Int) -> Void) {
        let (requests, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingOldest(1))
        self.requests = requests
        state = Mutex(State(handler: handler))
        CaughtSignals.begin([SIGTERM, SIGINT], label: "lockstep.signals") { [self] signal in
            let (handler, count) = state.withLock { state in
                state.count += 1
                state.last = signal
                return (state.handler, state.count)
            }
            continuation.yield()
            handler(signal, count)
        }
    }

    /// From now on somebody else hears the signals.
    func handle(_ handler: @escaping @Sendable (_ signal: Int32, _ count: Int) -> Void) {
        state.withLock { $0.handler = handler }
    }

    /// The signal that came last, if any did.
    var last: Int32? {
        state.withLock { $0.last }
    }

    /// Returns when there was a signal, also one from before, or when the task is cancelled.
    func first() async {
        for await _ in requests { return }
    }
}

// MARK: Commands that end by themselves

extension StopSignals {
    /// Ends the programs of models with the process, which a signal alone would leave behind.
    static func end(_ assembly: Assembly) {
        _ = StopSignals { signal, _ in
            assembly.shutdown()
            _exit(128 + signal)
        }
    }

    /// Runs work that has something to take back: a signal cancels it, and the command ends when it has ended.
    static func cancel(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let signals = StopSignals { _, _ in }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask { await signals.first() }
            try await group.next()
            group.cancelAll()
            try? await group.waitForAll()
            if let signal = signals.last { throw ExitCode(128 + signal) }
        }
    }
}
