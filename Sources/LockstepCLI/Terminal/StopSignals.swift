import Dispatch
import Foundation
import Synchronization

/// SIGTERM and SIGINT, caught from here on until the process ends.
final class StopSignals: Sendable {
    private struct State {
        var count = 0
        var handler: @Sendable (_ signal: Int32, _ count: Int) -> Void
    }

    private let state: Mutex<State>
    private let requests: AsyncStream<Void>
    // Made once and not touched again.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    /// - Parameter handler: hears each signal and how many there were, on a thread of its own.
    init(_ handler: @escaping @Sendable (_ signal: Int32, _ count: Int) -> Void) {
        let (requests, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingOldest(1))
        let queue = DispatchQueue(label: "lockstep.signals")
        self.requests = requests
        state = Mutex(State(handler: handler))
        sources = [SIGTERM, SIGINT].map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
        for (source, number) in zip(sources, [SIGTERM, SIGINT]) {
            source.setEventHandler { [self] in
                let (handler, count) = state.withLock { state in
                    state.count += 1
                    return (state.handler, state.count)
                }
                continuation.yield()
                handler(number, count)
            }
            source.resume()
        }
    }

    /// From now on somebody else hears the signals.
    func handle(_ handler: @escaping @Sendable (_ signal: Int32, _ count: Int) -> Void) {
        state.withLock { $0.handler = handler }
    }

    var wereCaught: Bool {
        state.withLock { $0.count > 0 }
    }

    /// Returns when there was a signal, also one from before, or when the task is cancelled.
    func first() async {
        for await _ in requests { return }
    }
}

/// Ends the process here and now, as the shell reports a signal's victim; for commands that have nothing to finish.
func end(by signal: Int32) -> Never {
    _exit(128 + signal)
}
