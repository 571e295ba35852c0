import Foundation
import Glibc
import Testing

@testable import Lockstep
import TestSupport

/// Two daemons with one configuration: one works, the other stands by.
@Suite struct StandbyTests {
    @Test func theSecondTakesOverWhenTheFirstIsKilled() async throws {
        let project = try Project(try TestServer.uri())
        let first = try project.start("run")
        try await first.says("caught up")
        let second = try project.start("run")
        try await second.says("standby: ")
        try project.insert([(1, "abc")])
        try await eventually("the first works") { try project.output(1) == 3 }
        let status = try BSONDocument(json: try await project.lockstep("status", "--json").out)
        #expect(status[path: "lease.pid"]?.int == Int(first.processID))
        #expect(status[path: "lease.alive"]?.bool == true)

        first.send(SIGKILL)
        _ = try await first.ending()
        try project.insert([(2, "abcd")])
        try await eventually("the second works") { try project.output(2) == 4 }
        let text = try await project.lockstep("status").out
        #expect(text.contains("(process \(second.processID))"), "\(text)")
        #expect(try await second.stop().status == 0)
        #expect(project.calls == ["\"abc\"", "\"abcd\""])
    }

    @Test func onePausedForLongStandsByWhenItWakesUp() async throws {
        let project = try Project(try TestServer.uri())
        let first = try project.start("run")
        try await first.says("caught up")
        let second = try project.start("run")
        try await second.says("standby: ")
        first.send(SIGSTOP)
        try project.insert([(1, "abc")])
        // The process is there still, so that its lease has to run out.
        try await eventually("the second works") { try project.output(1) == 3 }
        first.send(SIGCONT)
        try await first.says("standby: ")
        try project.insert([(2, "abcd")])
        try await eventually("the second works on") { try project.output(2) == 4 }
        // Who stands by ends at once, too.
        #expect(try await first.stop().status == 0)
        #expect(try await second.stop().status == 0)
        #expect(try await project.verify().status == 0)
    }
}
