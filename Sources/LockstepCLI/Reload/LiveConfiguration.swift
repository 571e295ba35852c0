import LockstepConfiguration
import Synchronization

/// The configuration that a daemon works with, and its models; another one may come while it runs.
final class LiveConfiguration: Sendable {
    private struct State {
        var configuration: Configuration
        var assembly: Assembly
        /// Of the configuration that is about to be taken.
        var next: Assembly?
        var isShutDown = false
    }

    private let state: Mutex<State>

    init(_ configuration: Configuration, _ assembly: Assembly) {
        state = Mutex(State(configuration: configuration, assembly: assembly))
    }

    var now: (configuration: Configuration, assembly: Assembly) {
        state.withLock { ($0.configuration, $0.assembly) }
    }

    /// From now on these models may be in use, beside those of before.
    func begin(_ assembly: Assembly) {
        let isShutDown = state.withLock { state in
            state.next = assembly
            return state.isShutDown
        }
        if isShutDown { assembly.shutdown() }
    }

    /// They are not taken after all. Blocks while their programs end.
    func abandon(_ assembly: Assembly) {
        state.withLock { $0.next = nil }
        assembly.shutdown(except: now.assembly)
    }

    /// Nobody uses the models of before any more: ends the programs of those that were not taken over, which blocks.
    func take(_ configuration: Configuration, _ assembly: Assembly) {
        let old = state.withLock { state in
            defer { (state.configuration, state.assembly, state.next) = (configuration, assembly, nil) }
            return state.assembly
        }
        old.shutdown(except: assembly)
    }

    /// Ends every program; blocks for up to 2 s.
    func shutdown() {
        let assemblies = state.withLock { state in
            state.isShutDown = true
            return [state.assembly] + (state.next.map { [$0] } ?? [])
        }
        for assembly in assemblies { assembly.shutdown() }
    }
}
