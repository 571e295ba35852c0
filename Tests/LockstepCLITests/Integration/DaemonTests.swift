import EmbeddedMongo
import Foundation
import Lockstep
import Testing
import TestSupport
import MongoDriver

/// `run` and `dev`: what they do with signals, and what is left when they are killed.
@Suite struct DaemonTests {
    @Test func waitReturnsOnlyWhenASlowModelsOutputsAreThere() async throws {
        let project = try Project(try TestServer.uri())
        try await project.running { daemon in
            try await daemon.says("caught up")
            try project.hold()
            try project.insert((0..<20).map { ($0, "text \($0)") })
            let wait = try project.start("wait", "--json")
            try await eventually("the model is asked and wait waits") {
                try !project.calls.isEmpty && project.count("lockstep.waits") == 1
            }
            #expect(wait.isRunning)
            try project.letGo()
            let ending = try await wait.ending()
            #expect(ending.status == 0 && ending.out == "{\"fresh\": true}\n", "\(ending)")
            let outputs = try (0..<20).compactMap { try project.output($0) }
            #expect(outputs.count == 20)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func aStoppedDaemonHasSavedItsPosition(signal: Int32) async throws {
        let project = try Project(try TestServer.uri())
        try project.insert((0..<50).map { ($0, "text \($0)") })
        let first = try project.start("run")
        try await first.says("lockstep: caught up (50 outputs written)")
        let ending = try await first.stop(signal)
        #expect(ending.status == 0 && ending.err.contains("stopped; position saved"), "\(ending)")
        #expect(ending.out.hasPrefix("lockstep: watching \(project.database) at mongodb://127.0.0.1"))
        project.forgetCalls()
        let second = try project.start("run")
        try await second.says("lockstep: caught up (0 outputs written)")
        #expect(try await second.stop(signal).status == 0)
        #expect(project.calls.isEmpty)
        #expect(try await project.verify().status == 0)
    }

    @Test func afterAKillInTheMiddleOnlyWhatWasInFlightIsPredictedAgain() async throws {
        let project = try Project(try TestServer.uri())
        let texts = (0..<400).map { ($0, "text \($0)") }
        try project.insert(texts)
        try project.hold()
        let first = try project.start("run")
        try await eventually("the model is asked") { !project.calls.isEmpty }
        try project.letGo()
        try await eventually("some outputs are there") { try project.output(60) != nil }
        try project.hold()
        first.send(SIGKILL)
        _ = try await first.ending()
        let calls = project.calls.count
        let fresh = try await project.verify().report["fresh"]?.int ?? 0
        try project.letGo()
        try await project.running { daemon in
            try await daemon.says("caught up")
        }
        #expect(try await project.verify().status == 0)
        // Asked for, and not stored when the daemon was killed: that much may be asked for twice.
        #expect(project.calls.count - 400 <= calls - fresh)
        #expect(Set(project.calls).count == 400)
    }

    @Test(arguments: [1, 2])
    func aModelThatHangsDoesNotKeepTheDaemon(signals: Int) async throws {
        let project = try Project(
            try TestServer.uri(), model: "{exec: [sleep, \"600\"], timeout: 600s}")
        try project.insert([(1, "a")])
        let daemon = try project.start("run")
        try await daemon.says("lockstep: watching")
        try await eventually("the program runs") { try !children(of: daemon).isEmpty }
        let programs = try children(of: daemon)
        daemon.send(SIGINT)
        try await daemon.says("lockstep: stopping")
        if signals == 2 { daemon.send(SIGINT) }
        let ending = try await daemon.ending()
        #expect(ending.status == 0 && ending.err.contains("position saved"), "\(ending)")
        #expect(programs.allSatisfy { kill($0, 0) != 0 })
    }

    @Test func aDaemonThatIsStoppedAsSoonAsItRunsEndsWell() async throws {
        let project = try Project(try TestServer.uri())
        try project.insert((0..<50).map { ($0, "text \($0)") })
        for milliseconds in [0, 5, 20, 60] {
            let daemon = try project.start("run")
            // Whatever it has done by then, the next run finds everything in order.
            try await lasting("a part of the start", .milliseconds(milliseconds))
            let ending = try await daemon.stop()
            // Before it can catch signals, the system ends it by the signal itself.
            #expect(ending.status == 0 || ending.status == SIGTERM, "\(ending)")
        }
        try await project.running { daemon in try await daemon.says("caught up") }
        #expect(try await project.verify().status == 0)
    }

    @Test func aDaemonPrintsOneJSONDocumentWhenItIsAsked() async throws {
        let project = try Project(try TestServer.uri())
        let daemon = try project.start("run", "--json")
        try await daemon.says("lockstep: caught up")
        let ending = try await daemon.stop()
        #expect(ending.lines.count == 1, "\(ending)")
        #expect(try BSONDocument(json: ending.out)["watching"]?.string == project.database)
    }

    @Test func aStandaloneServerIsAuditedForWritesOfOthers() async throws {
        let project = try Project(try TestServer.standaloneURI())
        let watch = try await project.lockstep("watch", "docs")
        #expect(watch.status == 69 && watch.err.contains("replica set"), "\(watch)")
        try await project.running { daemon in
            try await daemon.says("standalone")
            try await daemon.says("caught up")
            try project.insert([(1, "abc")])
            try await eventually("the audit found it") { try project.output(1) == 3 }
            try project.update(1, ["$set": ["text": "changed"]])
            #expect(try await project.lockstep("wait").status == 0)
            #expect(try project.output(1) == 7)
        }
        #expect(try await project.lockstep("status").out.contains("standalone server"))
        #expect(project.calls == ["\"abc\"", "\"changed\""])
    }

    /// The programs that a daemon has started.
    private func children(of daemon: Running) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { pid in
            let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && Int32(fields[1]) == daemon.processID
        }
    }
}

/// `dev`, on a MongoDB of its own.
@Suite(.serialized) struct DevTests {
    @Test func itStartsAgainOnItsDataAfterItWasKilled() async throws {
        let project = try Project("mongodb://user:unused@127.0.0.1:1", database: "shop")
        let port = try TestServer.freePort()
        let first = try project.start("dev", "--port", String(port))
        let uri = "mongodb://127.0.0.1:\(port)/?replicaSet=lockstep"
        try await first.says("In another terminal:\n  export MONGODB_URI='\(uri)'\n")
        try insert("abc", uri)
        try await eventually("it is predicted") { try output(uri) == 3 }

        let taken = try await project.lockstep("dev", "--port", String(try TestServer.freePort()))
        #expect(taken.status == 69 && taken.err.contains("another process"), "\(taken)")

        first.send(SIGKILL)
        _ = try await first.ending()
        let second = try project.start("dev", "--port", String(port))
        try await second.says("caught up")
        #expect(try output(uri) == 3)
        let ending = try await second.stop(SIGINT)
        #expect(ending.status == 0 && ending.err.contains("position saved"), "\(ending)")
        #expect(!Port.isTaken(port))
        #expect(project.calls == ["\"abc\""])
    }

    @Test func aPortThatIsTakenIsNamed() async throws {
        let project = try Project("mongodb://127.0.0.1:1", database: "shop")
        let port = try TestServer.replicaSet.get().members[0].port
        let ending = try await project.lockstep("dev", "--port", String(port))
        #expect(ending.status == 69 && ending.err.contains("port \(port) is in use"), "\(ending)")
    }

    private func insert(_ text: String, _ uri: String) throws {
        try Connection.open(uri: uri, database: "shop").run(
            ["insert": "docs", "documents": [["_id": 1, "text": BSONValue(text)]]], operation: "insert")
    }

    private func output(_ uri: String) throws -> Int? {
        try Connection.open(uri: uri, database: "shop").run(["find": "docs"], operation: "find")[
            path: "cursor.firstBatch"]?
            .array?.first?.document?[path: "_outputs.text.length"]?.int
    }
}
