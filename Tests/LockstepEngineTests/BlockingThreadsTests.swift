@testable import Lockstep
@testable import LockstepEngine
import Testing

/// The threads on which tasks may block.
@Suite struct BlockingThreadsTests {
    /// The first job holds the only thread until the second has run: it must not be left lying there because that
    /// thread still counted as idle.
    @Test func aJobIsNotLeftWaitingBehindOneThatBlocks() async throws {
        for _ in 0..<300 {
            let threads = BlockingThreads(name: "test")
            let opened = Monitor(false)
            try await threads.run {}
            async let first = threads.run { opened.wait(atMost: 5) { $0 ? true : nil } }
            async let second: Void = threads.run { opened.signalling { $0 = true } }
            let came = try await (first, second).0
            #expect(came == true)
            if came != true { return }
        }
    }
}
