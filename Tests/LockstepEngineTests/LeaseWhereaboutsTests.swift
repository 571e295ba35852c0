@testable import Lockstep
@testable import LockstepState
import Testing

/// Who is asked to reload, and where.
@Suite struct LeaseWhereaboutsTests {
    private func holder(machine: String? = "m", started: Int? = 7) -> LeaseHolder {
        LeaseHolder(id: .objectID(), host: "db1", pid: 4711, machine: machine, started: started)
    }

    @Test(arguments: [
        ("m" as String?, 7 as Int?, true, 7 as Int?, LeaseWhereabouts.here(pid: 4711)),
        // The number belongs to another program now, or to none.
        ("m", 7, true, 8, .nowhere), ("m", 7, true, nil, .nowhere),
        ("m", 7, false, 7, .nowhere),
        ("other", 7, true, 7, .elsewhere("db1 (process 4711)")),
        (nil, 7, true, 7, .elsewhere("db1 (process 4711)")),
        ("m", nil, true, 7, .elsewhere("db1 (process 4711)")),
    ])
    func aHolderIsHereOnlyWhenItsProcessIs(
        machine: String?, started: Int?, isAlive: Bool, startNow: Int?, expected: LeaseWhereabouts
    ) {
        let entry = LeaseStore.Entry(
            holder: holder(machine: machine, started: started), since: 0, isAlive: isAlive)
        #expect(entry.whereabouts(seenFrom: holder()) { _ in startNow } == expected)
    }
}
