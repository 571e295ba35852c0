@testable import LockstepCore
@testable import MongoBSON
import Testing
import TestModels

/// Which listeners share a pass, in which order passes begin, and who goes on where.
@Suite struct DueScansTests {
    private let now = ContinuousClock.now

    /// 0 on `docs`, 1 too, 2 reads the output of 0, 3 on another collection.
    private func scans(_ starts: [ListenerRef: BSONValue?]) -> DueScans {
        DueScans(
            PerListener(
                ScanRoomTests.listeners + [Listener(model: TextLength(), on: "others", key: "text")]),
            starts: starts)
    }

    private func begin(_ scans: inout DueScans, without out: Set<ListenerRef> = []) -> [ListenerRef]? {
        scans.begin(now: now) { !out.contains($0) }?.members
    }

    private func place(_ id: Int) -> ScanPlace {
        ScanPlace(id: BSONValue(id), documents: id)
    }

    @Test func listenersOfOneCollectionThatBeginAtOnePlaceShareAPass() {
        var scans = scans([0: nil, 1: .some(5), 2: nil, 3: nil])
        #expect(begin(&scans) == [0, 2])
        #expect(begin(&scans) == [1])
        #expect(begin(&scans) == [3])
        #expect(begin(&scans) == nil)
        #expect(!scans.isDone)
        for scan in 1...3 { _ = scans.end(scan) }
        #expect(scans.isDone && scans.progress.values.allSatisfy(\.isComplete))
    }

    @Test func whoReadsAnOutputIsNeverScannedBesideTheOneThatWritesIt() {
        // The writer is further.
        var apart = scans([0: .some(5), 2: nil])
        #expect(begin(&apart) == [0])
        #expect(begin(&apart) == nil)
        _ = apart.end(1)
        #expect(begin(&apart) == [2])
        // The writer's model is unavailable.
        var out = scans([0: nil, 2: nil])
        #expect(begin(&out, without: [0]) == nil)
        // The reader was first: it leaves for the writer, and comes after it.
        var late = scans([2: nil])
        #expect(begin(&late) == [2])
        late.want([0])
        let pass = late.begin(now: now) { _ in true }
        #expect(pass?.members == [0])
        #expect(pass.map { late.overtaken(by: $0).map(\.listeners) } == [[2]])
        #expect(late.leave(1, [2], safe: place(3)).gone == [2])
        #expect(begin(&late) == nil)
        _ = late.end(2)
        #expect(begin(&late) == [2])
        #expect(late.passes.last?.after == 3)
    }

    @Test func whoLeavesGoesOnBehindWhatIsHandled() {
        var scans = scans([0: nil, 1: nil, 2: nil])
        #expect(begin(&scans) == [0, 1, 2])
        scans.read(1, upTo: place(20))
        scans.note(1, safe: place(10))
        let (gone, behind) = scans.leave(1, [0], safe: place(10))
        // With the one that reads its output.
        #expect(gone == [0, 2] && behind == [])
        #expect(scans.passes.map(\.members) == [[1]])
        #expect(begin(&scans) == [0, 2])
        let pass = scans.passes[1]
        #expect(pass.after == 10 && pass.documents == 10 && pass.began == now)
        let isFirstTheLast = scans.end(1)
        #expect(!isFirstTheLast)
        #expect(scans.progress["docs/title/length"]?.isComplete == true)
        #expect(scans.progress["docs/text/length"]?.isComplete == false)
        #expect(scans.progress["docs/text/length"]?.after == 10)
        let isSecondTheLast = scans.end(2)
        #expect(isSecondTheLast && scans.isDone)
    }

    @Test func aSlowReaderIsBehindUntilTheOutputsAreWritten() {
        var member = scans([0: nil, 2: nil])
        #expect(begin(&member) == [0, 2])
        let (gone, behind) = member.leave(1, [2], safe: nil)
        #expect(gone == [2] && behind == [2])
        #expect(begin(&member) == nil)
        // It takes part in the pass of the other without a scan of its own.
        var alone = scans([0: nil])
        #expect(begin(&alone) == [0])
        #expect(alone.leave(1, [2], safe: place(7)).gone == [2])
        #expect(alone.wanted[2] == DueScans.Start())
        #expect(alone.progress["docs/digits/digits"]?.isComplete == false)
        // Only once.
        #expect(alone.leave(1, [2], safe: place(8)).gone == [])
        #expect(alone.room(of: 1)?.readers == [])
    }

    @Test func whatIsAskedForMeanwhileIsStillToCome() {
        var scans = scans([0: nil])
        #expect(begin(&scans) == [0])
        scans.want([0])
        #expect(begin(&scans) == nil)
        scans.note(1, safe: place(5))
        _ = scans.end(1)
        #expect(scans.progress["docs/text/length"]?.isComplete == false)
        #expect(scans.progress["docs/text/length"]?.after == nil)
        #expect(begin(&scans) == [0])
    }

    @Test func aPassThatHasReadALotComesBehindTheOthers() {
        var scans = scans([0: nil, 3: nil])
        _ = (begin(&scans), begin(&scans))
        scans.stopped(1, isAtEnd: false)
        scans.stopped(2, isAtEnd: false)
        #expect(scans.passes.map(\.scan) == [1, 2])
        scans.goesOn(1)
        scans.stopped(1, isAtEnd: false)
        #expect(scans.passes.map(\.scan) == [2, 1])
        // Whom nobody takes part in any more has nothing to read.
        _ = scans.leave(2, [3], safe: nil)
        scans.stopped(2, isAtEnd: false)
        #expect(scans.pass(2)?.phase == .read)
    }
}
