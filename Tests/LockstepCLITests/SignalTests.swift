import Foundation
import Testing

@testable import LockstepCLI

/// Signals that commands catch.
@Suite struct SignalTests {
    @Test func aSignalIsCaughtAtOnce() {
        // Signals that nobody sends. Each may happen to be caught in time; all of them do not.
        for signal in Int32(40)..<60 {
            #expect(Self.hasDefaultAction(signal))
            CaughtSignals.begin([signal], label: "test") { _ in }
            #expect(!Self.hasDefaultAction(signal))
        }
    }

    private static func hasDefaultAction(_ signal: Int32) -> Bool {
        var action = sigaction()
        sigaction(signal, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 0
    }
}
