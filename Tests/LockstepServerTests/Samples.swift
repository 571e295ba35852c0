@testable import Lockstep

@testable import LockstepServer

extension WatcherStatus {
    /// A watcher with one listener and nothing to do.
    static func sample(_ change: (inout WatcherStatus) -> Void = { _ in }) -> WatcherStatus {
        var status = WatcherStatus(
            state: .following, lag: 0, queue: (0, 0, 32 << 20), info: WatcherInfo(),
            listeners: [.sample()])
        change(&status)
        return status
    }
}

extension ListenerStatus {
    static func sample(_ change: (inout ListenerStatus) -> Void = { _ in }) -> ListenerStatus {
        var listener = ListenerStatus(
            id: "docs/text/minilm", on: "docs", key: "text", model: "minilm", version: "1",
            output: "_outputs.text.minilm", state: .ok, documents: 2000, fresh: 2000, stale: 0, missing: 0,
            failed: 0, unchecked: 0, outputs: 0)
        change(&listener)
        return listener
    }
}
