import Foundation
import Testing

@testable import Lockstep
import TestSupport
import MongoDriver

/// `lockstep wait` answers for its own listeners, and only when somebody runs them.
@Suite struct WaitTests {
    /// Two models on one collection: `length`, which waits while the file `hold` is there, and `other`, which does not.
    private func configure(
        _ project: Project, _ listeners: String = "{model: length, on: docs, key: text}"
    ) throws {
        let other = """
            import json, sys
            for line in sys.stdin:
                request = json.loads(line)
                answer = {"id": request["id"], "predictions": [len(str(text)) for text in request["inputs"]]}
                print(json.dumps(answer), flush=True)
            """
        try project.write("other.py", other)
        try project.write(
            "lockstep.yaml",
            """
            mongodb:
              uri: "\(project.uri)"
              database: \(project.database)
            models:
              length: {exec: [python3, length.py], version: "1"}
              other: {exec: [python3, other.py], version: "1"}
            listeners:
              - \(listeners)
              - {model: other, on: docs, key: text}
            server: off
            """)
    }

    @Test func oneListenerIsWaitedForThoughAnotherIsHeld() async throws {
        let project = try Project(try TestServer.uri())
        try configure(project)
        try await project.running { _ in
            #expect(try await project.lockstep("wait").status == 0)
            try project.hold()
            try project.insert([(1, "abc")])
            let one = try await project.lockstep("wait", "--listener", "docs/text/other", "--json")
            #expect(one.status == 0 && one.out == "{\"fresh\": true}\n", "\(one)")
            #expect(try project.document(1)?[path: "_outputs.text.other"]?.int == 3)
            let both = try await project.lockstep(
                "wait", "--listener", "docs/text/other", "--listener", "docs/text/length", "--timeout", "2")
            #expect(both.status == 1 && both.err.contains("not fresh after"), "\(both)")
            try project.letGo()
            #expect(try await project.lockstep("wait").status == 0)
        }
    }

    @Test func anUnknownListenerIsWrongUsageAndTheKnownAreNamed() async throws {
        let project = try Project(try TestServer.uri())
        let ending = try await project.lockstep("wait", "--listener", "docs/title/length")
        #expect(ending.status == 64 && ending.err.contains("there is `docs/text/length`"), "\(ending)")
    }

    @Test func aDaemonWithAnotherConfigurationIsNotWaitedFor() async throws {
        let project = try Project(try TestServer.uri())
        try project.insert([(1, "abc")])
        try await project.running { daemon in
            #expect(try await project.lockstep("wait").status == 0)
            try configure(project, "{model: length, on: docs, key: title}")
            let ending = try await project.lockstep("wait")
            #expect(ending.status == 1, "\(ending)")
            #expect(
                ending.err.contains(
                    "(process \(daemon.processID)) follows this database with another configuration: it does not run `docs/title/length`, `docs/text/other`"
                ), "\(ending)")
            let reload = try await project.lockstep("reload")
            #expect(reload.status == 0, "\(reload)")
            let after = try await project.lockstep("wait")
            #expect(after.status == 0, "\(after)")
            #expect(try project.document(1)?[path: "_outputs.text.other"]?.int == 3)
        }
        let ending = try await project.lockstep("wait")
        #expect(ending.status == 1 && ending.err.contains("no `lockstep run` follows"), "\(ending)")
    }

    @Test func aStandbyWithAnotherConfigurationSaysSo() async throws {
        let project = try Project(try TestServer.uri())
        try await project.running { first in
            try await first.says("caught up")
            try configure(project)
            let second = try project.start("run")
            try await second.says(
                "(process \(first.processID)) was started with another configuration: it does not run `docs/text/other`"
            )
            #expect(try await second.stop().status == 0)
        }
    }

    @Test func statusSaysWhatIsPausedAndHowFarBehindItReallyIs() async throws {
        let project = try Project(try TestServer.uri())
        try configure(project)
        try project.insert([(1, "abc")])
        try await project.running { daemon in
            #expect(try await project.lockstep("wait").status == 0)
            #expect(try await project.lockstep("pause", "docs/text/other").status == 0)
            try await eventually("status names it") {
                let text = try await project.lockstep("status").out
                return text.contains("`docs/text/other` is paused") && !text.contains("being scanned")
            }
            // The position of an idle stream is saved now and then; nothing is behind meanwhile.
            try await eventually("the position is some seconds old") {
                let status = try BSONDocument(json: try await project.lockstep("status", "--json").out)
                let now = try #require(
                    try Connection.open(uri: project.uri, database: project.database).operationTime())
                let position = try #require(status["position"]?.timestamp)
                guard now.seconds >= position.seconds + 4 else { return false }
                #expect(status["lagSeconds"]?.int ?? 99 <= 1, "\(status)")
                let listeners = status[path: "lease.listeners"]?.array?.compactMap(\.document) ?? []
                #expect(
                    listeners.map { $0["state"]?.string } == ["ok", "paused"]
                        && listeners.map { $0["listener"]?.string } == [
                            "docs/text/length", "docs/text/other",
                        ])
                return true
            }
            #expect(try await project.lockstep("resume", "docs/text/other").status == 0)
            #expect(try await project.lockstep("wait").status == 0)
        }
    }
}
