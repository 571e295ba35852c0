import Dispatch
import Synchronization

/// Signals that are caught from some moment on until the process ends.
enum CaughtSignals {
    /// Nothing else keeps them.
    private struct Source: @unchecked Sendable {
        let source: any DispatchSourceSignal
    }

    private static let sources = Mutex<[Source]>([])

    /// Returns when the signals have lost their default actions.
    ///
    /// - Parameters:
    ///   - label: names the queue on which the handler runs.
    ///   - handler: gets each signal.
    static func begin(_ signals: [Int32], label: String, _ handler: @escaping @Sendable (Int32) -> Void) {
        let queue = DispatchQueue(label: label)
        let registered = DispatchSemaphore(value: 0)
        for signal in signals {
            let source = DispatchSource.makeSignalSource(signal: signal, queue: queue)
            source.setEventHandler { handler(signal) }
            source.setRegistrationHandler { registered.signal() }
            source.resume()
            let kept = Source(source: source)
            sources.withLock { $0.append(kept) }
        }
        // libdispatch catches a signal on a thread of its own, some time after `resume()`; until then it ends the process.
        for _ in signals { registered.wait() }
    }
}
