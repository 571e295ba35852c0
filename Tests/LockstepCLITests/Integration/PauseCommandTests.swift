import Foundation
import Lockstep
import Testing
import TestSupport

/// `lockstep pause` and `lockstep resume`.
@Suite struct PauseCommandTests {
    private let id = "docs/text/length"

    @Test func theRunningDaemonTakesItUpAndLogsWhoAsked() async throws {
        let project = try Project(try TestServer.uri())
        try await project.running { daemon in
            try project.insert([(1, "a")])
            try await eventually("it is predicted") { try project.output(1) == 1 }
            let paused = try await project.lockstep("pause", id)
            #expect(paused.status == 0 && paused.out.contains("\(id) is paused: "), "\(paused)")
            try await daemon.says("\(id): paused by \(NSUserName())@")
            project.forgetCalls()
            try project.insert([(2, "bb")])
            let again = try await project.lockstep("pause", id)
            #expect(again.out.contains("is paused already by \(NSUserName())@"), "\(again)")
            let json = try await project.lockstep("resume", id, "--json")
            let answer = try BSONDocument(json: json.out)
            #expect(answer["paused"]?.bool == false && answer["changed"]?.bool == true, "\(json)")
            try await daemon.says("\(id): resumed by \(NSUserName())@")
            try await eventually("what came meanwhile is predicted") { try project.output(2) == 2 }
            #expect(project.calls == ["\"bb\""])
            let never = try await project.lockstep("resume", id)
            #expect(never.status == 0 && never.out == "\(id) is not paused\n", "\(never)")
        }
    }

    @Test func itHoldsForTheNextStart() async throws {
        let project = try Project(try TestServer.uri())
        let paused = try await project.lockstep("pause", id)
        #expect(paused.out.contains("no `lockstep run` follows this database now"), "\(paused)")
        try project.insert([(1, "a")])
        let daemon = try project.start("run")
        try await daemon.says("\(id): paused by")
        #expect(project.calls.isEmpty)
        #expect(try await project.lockstep("resume", id).status == 0)
        try await eventually("it is predicted") { try project.output(1) == 1 }
        #expect(try await daemon.stop().status == 0)
    }

    @Test func onAStandaloneServerItIsTakenUpToo() async throws {
        let project = try Project(try TestServer.standaloneURI())
        try await project.running { daemon in
            #expect(try await project.lockstep("pause", id).status == 0)
            try await daemon.says("\(id): paused by")
            #expect(try await project.lockstep("resume", id).status == 0)
            try await daemon.says("\(id): resumed by")
        }
    }

    @Test(arguments: ["pause", "resume"])
    func aListenerThatIsNoneIsAnError(command: String) async throws {
        let project = try Project(try TestServer.uri())
        let ending = try await project.lockstep(command, "docs/txt/length")
        #expect(ending.status == 64 && ending.err.contains("did you mean `\(id)`?"), "\(ending)")
        #expect(try project.count("lockstep.pauses") == 0)
    }
}
