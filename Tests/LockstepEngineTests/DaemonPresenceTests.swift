@testable import Lockstep
@testable import LockstepCore
@testable import LockstepState
import Testing

/// Whether it is worth waiting for the daemon, by what its lease says.
@Suite struct DaemonPresenceTests {
    private static let here = LeaseHolder(id: .objectID(), host: "here", pid: 1, machine: "m", started: 1)

    private static func signature(
        _ id: String, key: String = "text", version: String? = "1"
    ) -> ListenerSignature {
        ListenerSignature(
            id: id, collection: "docs", keys: [FieldPath(key)], filter: nil, output: FieldPath("_outputs.x"),
            version: version)
    }

    private static func entry(
        _ listeners: [RunningListener]?, isAlive: Bool = true
    ) -> LeaseStore.Entry {
        LeaseStore.Entry(
            holder: LeaseHolder(id: .objectID(), host: "db1", pid: 4711, machine: "other", started: 7),
            since: 0, isAlive: isAlive, listeners: listeners)
    }

    private static func running(
        _ signature: ListenerSignature, _ state: ListenerStatus.State = .ok, _ reason: String? = nil
    ) -> RunningListener {
        RunningListener(signature, state: state, reason: reason)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let entry: LeaseStore.Entry?
        var wanted = [signature("a")]
        /// A piece of the reason; nil: it is worth waiting.
        let obstacle: String?
    }

    static let cases = [
        Case(
            testDescription: "it runs what is wanted", entry: entry([running(signature("a"))]), obstacle: nil),
        Case(
            testDescription: "it runs more than what is wanted",
            entry: entry([running(signature("b")), running(signature("a"), .out)]), obstacle: nil),
        Case(
            testDescription: "a version that is not known here is not compared",
            entry: entry([running(signature("a"))]), wanted: [signature("a", version: nil)], obstacle: nil),
        Case(testDescription: "nobody ever", entry: nil, obstacle: "no `lockstep run` has been started"),
        Case(
            testDescription: "nobody any more", entry: entry([running(signature("a"))], isAlive: false),
            obstacle: "the last one was db1 (process 4711)"),
        Case(
            testDescription: "it has not said what it runs", entry: entry(nil),
            obstacle: "has not said what it runs"),
        Case(
            testDescription: "it does not have the listener", entry: entry([running(signature("b"))]),
            obstacle:
                "db1 (process 4711) follows this database with another configuration: it does not run `a`."),
        Case(
            testDescription: "it has it on another key",
            entry: entry([running(signature("a", key: "title"))]),
            obstacle: "it runs `a` with another key or `where`."),
        Case(
            testDescription: "it has another version of the model",
            entry: entry([running(signature("a", version: "2"))]),
            obstacle: "it runs `a` with another version of its model."),
        Case(
            testDescription: "many are absent", entry: entry([]),
            wanted: ["a", "b", "c", "d", "e"].map { signature($0) },
            obstacle: "it does not run `a`, `b`, `c` and 2 more."),
    ]

    @Test(arguments: cases)
    func whoWaitsInVainIsToldWhy(test: Case) {
        var presence = DaemonPresence(test.wanted)
        let began = ContinuousClock.now
        presence.note(test.entry, at: began, seenFrom: Self.here)
        // It may be starting, or reading a changed configuration.
        #expect(presence.lastingObstacle == nil)
        presence.note(test.entry, at: began + .seconds(5), seenFrom: Self.here)
        if let obstacle = test.obstacle {
            #expect(presence.lastingObstacle?.contains(obstacle) == true, "\(presence)")
            #expect(presence.reason(.seconds(9)).contains(obstacle))
        } else {
            #expect(presence.lastingObstacle == nil)
        }
    }

    @Test func anObstacleThatGoesAwayStartsAnew() {
        var presence = DaemonPresence([Self.signature("a")])
        let began = ContinuousClock.now
        presence.note(nil, at: began, seenFrom: Self.here)
        presence.note(
            Self.entry([Self.running(Self.signature("a"))]), at: began + .seconds(3), seenFrom: Self.here)
        presence.note(nil, at: began + .seconds(5), seenFrom: Self.here)
        #expect(presence.lastingObstacle == nil)
    }

    @Test func whatHoldsUpTheListenersIsNamedWhenTheTimeIsOver() {
        var presence = DaemonPresence([Self.signature("a")])
        func reason(_ listeners: [RunningListener]) -> String {
            presence.note(Self.entry(listeners), at: .now, seenFrom: Self.here)
            return presence.reason(.seconds(9))
        }
        let other = Self.running(Self.signature("b"), .paused)
        #expect(
            reason([Self.running(Self.signature("a"), .out, "the model broke"), other]).hasSuffix(
                "`a` is unavailable: the model broke"))
        // One whose output it reads, perhaps.
        #expect(reason([Self.running(Self.signature("a")), other]).contains("`b` is paused"))
        #expect(reason([Self.running(Self.signature("a"))]).contains("still at work"))
    }

    /// One that is stopped by a server without a majority goes on by itself.
    @Test func aProcessOfThisMachineThatCannotRenewItsLeaseIsThere() {
        let here = LeaseHolder.here()
        let listeners = [Self.running(Self.signature("a"))]
        func obstacle(_ listeners: [RunningListener]?) -> String? {
            var presence = DaemonPresence([Self.signature("a")])
            for seconds in [0, 5] {
                presence.note(
                    LeaseStore.Entry(holder: here, since: 0, isAlive: false, listeners: listeners),
                    at: .now + .seconds(seconds), seenFrom: here)
            }
            return presence.lastingObstacle
        }
        #expect(obstacle(listeners) == nil)
        // It has given the lease back.
        #expect(obstacle(nil) != nil)
    }
}
