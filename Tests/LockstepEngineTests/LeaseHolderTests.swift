@testable import Lockstep
@testable import LockstepState
import Testing

/// When a lease may be taken before it runs out.
@Suite struct LeaseHolderTests {
    private func holder(machine: String?, started: Int?) -> LeaseHolder {
        LeaseHolder(id: .objectID(), host: "h", pid: 7, machine: machine, started: started)
    }

    @Test func onlyAProcessKnownToHaveEndedIsDead() {
        let here = holder(machine: "m", started: 1)
        let hers = holder(machine: "m", started: 50)
        #expect(hers.isDead(seenFrom: here, startOf: { _ in nil }, exists: { _ in false }))
        // Of another user, and hidden.
        #expect(!hers.isDead(seenFrom: here, startOf: { _ in nil }, exists: { _ in true }))
        // Another process has the number now.
        #expect(holder(machine: "m", started: 50).isDead(seenFrom: here) { _ in 60 })
        #expect(!holder(machine: "m", started: 50).isDead(seenFrom: here) { _ in 50 })
        #expect(!holder(machine: "other", started: 50).isDead(seenFrom: here) { _ in nil })
        #expect(!holder(machine: nil, started: 50).isDead(seenFrom: here) { _ in nil })
        #expect(!holder(machine: "m", started: nil).isDead(seenFrom: here) { _ in nil })
    }

    @Test func aHolderOfThisProcessLives() {
        let here = LeaseHolder.here()
        #expect(here.machine != nil)
        #expect(here.started != nil)
        #expect(!LeaseHolder.here().isDead(seenFrom: here))
        #expect(LeaseHolder(here.document) == here)
        #expect(LeaseHolder(["holder": 5]) == nil)
    }
}
