import LockstepConfiguration
import Synchronization

/// The configuration and the models of a running daemon; a reload replaces them.
final class LiveConfiguration: Sendable {
    private struct State {
        var configuration: Configuration
        var assembly: Assembly
        /// The models of a reload that is not finished.
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

    /// The models of a reload are in use from now on, beside the present ones.
    func begin(_ assembly: Assembly) {
        let isShutDown = state.withLock { state in
            state.next = assembly
            return state.isShutDown
        }
        if isShutDown { assembly.shutdown() }
    }

    /// Gives up a reload. Blocks while its programs end.
    func abandon(_ assembly: Assembly) {
        state.withLock { $0.next = nil }
        assembly.shutdown(except: now.assembly)
    }

    /// Finishes a reload: ends the programs of models that are no longer used, which blocks.
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
