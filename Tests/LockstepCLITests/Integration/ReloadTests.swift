import Foundation
import Lockstep
import LockstepConfiguration
import Testing
import TestSupport

@testable import LockstepCLI

/// `lockstep reload` and SIGHUP: another configuration, from the same position on.
@Suite struct ReloadTests {
    @Test func aListenerThatIsAddedIsBackfilledWithoutARestart() async throws {
        let project = try Project(try TestServer.uri())
        try project.configure(listeners: [("length", "text")])
        try project.insertTitled(0..<40)
        try await project.running { daemon in
            try await daemon.says("caught up (40 outputs written)")
            let programs = try children(of: daemon)
            try #require(programs.count == 1)
            try project.configure(listeners: [("length", "text"), ("length", "title")])
            let reload = try await project.lockstep("reload")
            #expect(reload.status == 0, "\(reload)")
            #expect(
                reload.out
                    == "process \(daemon.processID) has taken lockstep.yaml: new: `docs/title/length`\n")
            try await eventually("the titles are predicted") {
                try project.count(["_outputs.title.length": ["$exists": true]]) == 40
            }
            // The model is the same, and so is its program; nothing was asked for twice.
            #expect(try children(of: daemon) == programs)
            #expect(project.calls.count == 80)
            #expect(Set(project.calls).count == 80)
            try project.insertTitled(40..<41)
            try await eventually("the stream is followed for both") {
                try project.output(40, of: "text") != nil && project.output(40, of: "title") != nil
            }
        }
        #expect(try await project.lockstep("verify").status == 0)
    }

    @Test func whileDocumentsArriveNoneIsMissedAndNoneIsPredictedTwice() async throws {
        let project = try Project(try TestServer.uri())
        try project.configure(listeners: [("length", "text")])
        try await project.running("--log-level", "info") { daemon in
            try await daemon.says("caught up")
            for round in 0..<6 {
                // In hand while the reload comes: it is finished, not begun again.
                try project.hold()
                try project.insertTitled(round * 20..<round * 20 + 20)
                try await eventually("the model is asked") { project.calls.count > round * 20 }
                // The other listener looks at a key that no document has.
                try project.configure(
                    listeners: [("length", "text")] + (round % 2 == 0 ? [("length", "none")] : []))
                let reload = try project.start("reload", "--json")
                try await eventually("the reload waits for the model") {
                    daemon.err.ranges(of: "what models compute is finished first").count > round
                }
                try project.letGo()
                let ending = try await reload.ending()
                #expect(ending.status == 0, "\(ending)")
                let record = try BSONDocument(json: ending.out)
                #expect(record["outcome"]?.string == "taken", "\(ending)")
                #expect(record["keptModels"]?.array == ["length"])
                try await eventually("all of the round are predicted") {
                    try project.output(round * 20 + 19, of: "text") != nil
                }
            }
            #expect(try await project.lockstep("wait").status == 0)
            #expect(project.calls.count == 120, "\(daemon.err)")
        }
        #expect(Set(project.calls).count == 120)
        #expect(try await project.lockstep("verify").status == 0)
    }

    @Test func whatChangesNothingDoesNothing() async throws {
        let project = try Project(try TestServer.uri())
        try project.configure(listeners: [("length", "text")])
        try project.insertTitled(0..<5)
        try await project.running { daemon in
            try await daemon.says("caught up")
            let programs = try children(of: daemon)
            try project.configure(listeners: [("length", "text")], comment: "# a comment")
            let reload = try await project.lockstep("reload")
            #expect(reload.status == 0, "\(reload)")
            #expect(reload.out.hasSuffix("has read lockstep.yaml: no listener changed\n"), "\(reload)")
            #expect(try children(of: daemon) == programs)
            #expect(project.calls.count == 5)
        }
    }

    @Test func aBadFileIsRefusedAndWhatWasBeforeGoesOn() async throws {
        let project = try Project(try TestServer.uri())
        try project.configure(listeners: [("length", "text")])
        try project.command(["create": "view", "viewOn": "docs", "pipeline": []])
        try await project.running { daemon in
            try await daemon.says("caught up")
            try project.configure(listeners: [("lenght", "text"), ("length", "")])
            let reload = try await project.lockstep("reload")
            #expect(reload.status == 78, "\(reload)")
            #expect(
                reload.err.contains("did you mean `length`") && reload.err.contains("must not be empty"),
                "\(reload)")
            // The daemon was not asked; now it is, by hand.
            #expect(!daemon.err.contains("not taken"))
            daemon.send(SIGHUP)
            try await daemon.says("lockstep.yaml was not taken, the configuration from before goes on")
            try await daemon.says("did you mean `length`")
            // What only the server knows.
            try project.configure(listeners: [("length", "text")], on: "view")
            let view = try await project.lockstep("reload")
            #expect(view.status == 78, "\(view)")
            #expect(
                view.err.contains("process \(daemon.processID) has not taken the file")
                    && view.err.contains("`view` is a view"), "\(view)")
            try project.insertTitled(0..<1)
            try await eventually("it goes on") { try project.output(0, of: "text") != nil }
        }
    }

    @Test func theProgramOfAListenerThatIsGoneEndsAndWhatWasParkedIsForgotten() async throws {
        let project = try Project(try TestServer.uri())
        try project.configure(listeners: [("length", "text"), ("other", "title")])
        try project.command([
            "insert": "docs", "documents": [["_id": 0, "text": "a text", "title": "bad"]],
        ])
        try await project.running { daemon in
            try await daemon.says("caught up")
            #expect(try await project.lockstep("failures").out.contains("docs/title/other"))
            let before = try children(of: daemon)
            try #require(before.count == 2)
            try project.configure(listeners: [("length", "text")])
            let reload = try await project.lockstep("reload")
            #expect(reload.out.contains("gone: `docs/title/other`"), "\(reload)")
            let after = try children(of: daemon)
            #expect(after.count == 1 && before.contains(after.first ?? 0))
            #expect(try await project.lockstep("failures").out == "no document is parked\n")
        }
    }

    static let broken = [
        ("[python3, nothing.py]", "exited with status 2 before it read a request"),
        ("[no-such-interpreter, length.py]", "`no-such-interpreter` is not in PATH"),
        ("[./nothing]", "does not exist"), ("[python3, imports.py]", "No module named 'no_such_module'"),
        ("[python3, dies.py]", "exited with status 9"), ("[python3, lies.py]", "2 predictions to 1 input"),
    ]

    /// The models of before go on when a new one does not work.
    @Test(arguments: broken) func aModelThatDoesNotWorkIsNotTaken(exec: String, reason: String) async throws {
        let project = try Project(try TestServer.uri())
        try project.write("imports.py", "import no_such_module")
        try project.write("dies.py", "import sys; sys.stdin.readline(); sys.exit(9)")
        try project.write(
            "lies.py",
            "import sys; sys.stdin.readline(); print('{\"id\": 1, \"predictions\": [1, 2]}', flush=True)")
        try project.configure(model: "{exec: [python3, length.py], version: \"1\"}")
        try project.insertTitled(0..<3)
        try await project.running { daemon in
            try await daemon.says("caught up")
            let programs = try children(of: daemon)
            try project.configure(model: "{exec: \(exec), version: \"2\"}")
            let reload = try await project.lockstep("reload")
            #expect(reload.status == 69, "\(reload)")
            #expect(
                reload.err.contains(
                    "process \(daemon.processID) has not taken the file, and goes on as before")
                    && reload.err.contains("model `length`") && reload.err.contains(reason), "\(reload)")
            daemon.send(SIGHUP)
            try await eventually("the log has it, for the signal too") {
                daemon.err.ranges(of: "lockstep.yaml was not taken").count == 2
            }
            #expect(try children(of: daemon) == programs)
            try project.insertTitled(3..<4)
            try await eventually("it goes on") { try project.output(3, of: "text") != nil }
            #expect(project.calls.count == 4)
        }
    }

    @Test func aScriptThatChangedIsTakenUpWhateverTheVersionSays() async throws {
        let project = try Project(try TestServer.uri())
        try project.configure(listeners: [("length", "text"), ("other", "text")])
        try project.insertTitled(0..<3)
        try await project.running { daemon in
            try await daemon.says("caught up (6 outputs written)")
            let programs = try children(of: daemon)
            let text = try String(contentsOfFile: project.folder + "/length.py", encoding: .utf8)
            try project.write("length.py", text.replacing("len(str(text))", with: "-len(str(text))"))
            let reload = try await project.lockstep("reload")
            #expect(reload.out.contains("changed: `docs/text/length`, `docs/text/other`"), "\(reload)")
            #expect(try children(of: daemon).isDisjoint(with: programs))
            try project.insertTitled(3..<4)
            try await eventually("the new program answers") { try project.output(3, of: "text") == -6 }
            // The version is the same, so that what is there stays.
            #expect(try project.output(0, of: "text") == 6)
        }
    }

    @Test func whatWasTooSlowComesBackWhenTheTimeoutIsRaised() async throws {
        let project = try Project(try TestServer.uri())
        try project.write(
            "slow.py",
            """
            import json, sys, time
            for line in sys.stdin:
                request = json.loads(line)
                if "slow" in request["inputs"]: time.sleep(3)
                print(json.dumps({"id": request["id"], "predictions": [1] * len(request["inputs"])}), flush=True)
            """)
        try project.configure(model: "{exec: [python3, slow.py], timeout: 1s}")
        try project.insert([(1, "quick")])
        try await project.running { daemon in
            try await daemon.says("caught up")
            try project.insert([(2, "slow")])
            try await daemon.says("document 2 is parked")
            #expect(try project.output(1, of: "text") == 1)
            try project.configure(model: "{exec: [python3, slow.py], timeout: 60s}")
            let reload = try await project.lockstep("reload")
            #expect(reload.status == 0, "\(reload)")
            try await eventually("it is tried again") { try project.output(2, of: "text") == 1 }
        }
        #expect(try await project.lockstep("failures").out == "no document is parked\n")
    }

    @Test func aNewVersionOfAModelIsComputedAnew() async throws {
        let project = try Project(try TestServer.uri())
        try project.configure(listeners: [("length", "text")])
        try project.insertTitled(0..<10)
        try await project.running { daemon in
            try await daemon.says("caught up")
            let programs = try children(of: daemon)
            try project.configure(listeners: [("length", "text")], version: "2")
            let reload = try await project.lockstep("reload")
            #expect(reload.out.contains("changed: `docs/text/length`"), "\(reload)")
            try await eventually("all are of the new version") {
                try project.count(["_lockstep.text.length.version": "2"]) == 10
            }
            // And one more, to see that the new one works.
            #expect(project.calls.count == 21)
            try await eventually("the program of before has ended") {
                try children(of: daemon).allSatisfy { !programs.contains($0) }
            }
        }
    }

    @Test func whatTakesARestartIsSaidAndTheRestIsTaken() async throws {
        let project = try Project(try TestServer.uri())
        try project.configure(listeners: [("length", "text")])
        try await project.running { daemon in
            try await daemon.says("caught up")
            try project.configure(
                listeners: [("length", "title")], comment: "reconcileEvery: 7s\nserver: {port: 7079}")
            for _ in 1...2 {
                let reload = try await project.lockstep("reload")
                #expect(reload.status == 0, "\(reload)")
                #expect(
                    reload.out.contains("`server`, `reconcileEvery` changed too: that takes a restart"),
                    "\(reload)")
            }
            try project.insertTitled(0..<1)
            try await eventually("the rest is taken") { try project.output(0, of: "title") != nil }
        }
    }

    @Test func withoutADaemonThereIsNobodyToAsk() async throws {
        let project = try Project(try TestServer.uri())
        let none = try await project.lockstep("reload")
        #expect(none.status == 1 && none.err.contains("no `lockstep run` follows"), "\(none)")
        let standalone = try Project(try TestServer.standaloneURI())
        let unknown = try await standalone.lockstep("reload")
        #expect(unknown.status == 1 && unknown.err.contains("send SIGHUP"), "\(unknown)")
    }

    @Test func aDaemonThatReadsAnotherFileIsNamedWithIt() async throws {
        let project = try Project(try TestServer.uri())
        try await project.running { daemon in
            try await daemon.says("caught up")
            let text = try String(contentsOfFile: project.folder + "/lockstep.yaml", encoding: .utf8)
            try project.write("other.yaml", text + "\n# another\n")
            let reload = try await project.lockstep("reload", "-c", "other.yaml")
            #expect(reload.status == 1, "\(reload)")
            #expect(reload.err.contains("reads another file, \(project.folder)/lockstep.yaml"), "\(reload)")
        }
    }

    @Test func aDaemonEndsWithItsTerminal() async throws {
        let project = try Project(try TestServer.uri())
        let terminal = try PseudoTerminal([try Executable.path(), "run"], in: project.folder)
        try await terminal.shows("caught up")
        try terminal.hangUp()
        #expect(try await terminal.status() == 0)
        let lease = try await project.lockstep("status")
        #expect(lease.out.contains("no `lockstep run` follows this database now"), "\(lease)")
    }
}

extension Project {
    /// Models `length` and `other` of the same program, on `docs`.
    fileprivate func configure(
        listeners: [(model: String, key: String)], on collection: String = "docs", version: String = "1",
        comment: String = ""
    ) throws {
        let used = Set(listeners.map(\.model)).union(["length"])
        let models = used.intersection(["length", "other"]).sorted().map {
            "  \($0): {exec: [python3, length.py], version: \"\(version)\", batch: {count: 10}}"
        }
        let list = listeners.map { "  - {model: \($0.model), on: \(collection), key: \"\($0.key)\"}" }
        try write(
            "lockstep.yaml",
            """
            mongodb: {uri: "\(uri)", database: \(database)}
            models:
            \(models.joined(separator: "\n"))
            listeners:
            \(list.joined(separator: "\n"))
            \(comment)
            """)
    }

    fileprivate func insertTitled(_ ids: Range<Int>) throws {
        let documents = ids.map { id -> BSONValue in
            ["_id": BSONValue(id), "text": BSONValue("text \(id)"), "title": BSONValue("title \(id)")]
        }
        try command(["insert": "docs", "documents": BSONValue(documents)])
    }

    /// Documents of `docs` that match.
    fileprivate func count(_ filter: BSONValue) throws -> Int {
        try command(["count": "docs", "query": filter])["n"]?.int ?? 0
    }

    fileprivate func output(_ id: Int, of key: String) throws -> Int? {
        try document(BSONValue(id))?[path: "_outputs.\(key).length"]?.int
    }
}

/// The programs that a daemon has started.
private func children(of daemon: Running) throws -> Set<Int32> {
    let pids = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
    return Set(
        pids.filter { pid in
            let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && Int32(fields[1]) == daemon.processID
        })
}

/// What a changed file means, without a server.
@Suite struct ConfigurationChangeTests {
    private static let base = """
        mongodb: {uri: "mongodb://a", database: shop}
        models:
          a: {exec: [one], version: "1"}
          b: {exec: [two], version: "1"}
        listeners:
          - {model: a, on: docs, key: text}
          - {model: b, on: docs, key: text}
        """

    static let cases: [(replace: String, with: String, change: ConfigurationChange)] = [
        ("", "", ConfigurationChange(keptModels: ["a", "b"])),
        ("docs, key: text}\n", "docs, key: text}\n  # new\n", ConfigurationChange(keptModels: ["a", "b"])),
        (
            "  - {model: b, on: docs, key: text}", "  - {model: b, on: docs, key: title}",
            ConfigurationChange(
                added: ["docs/title/b"], removed: ["docs/text/b"], keptModels: ["a", "b"])
        ),
        (
            "  - {model: a, on: docs, key: text}", "  - {model: a, on: docs, key: text, where: {x: 1}}",
            ConfigurationChange(changed: ["docs/text/a"], keptModels: ["a", "b"])
        ),
        (
            "[one], version: \"1\"", "[one], version: \"2\"",
            ConfigurationChange(changed: ["docs/text/a"], keptModels: ["b"])
        ),
        (
            "[two], version: \"1\"", "[two], version: \"1\", workers: 2",
            ConfigurationChange(changed: ["docs/text/b"], keptModels: ["a"])
        ),
        (
            "[two], version: \"1\"", "[two], version: \"1\", batch: {count: 3}",
            ConfigurationChange(changed: ["docs/text/b"], keptModels: ["a"])
        ),
        (
            "mongodb://a", "mongodb://b",
            ConfigurationChange(keptModels: ["a", "b"], needRestart: ["mongodb"])
        ),
        (
            "listeners:", "reconcileEvery: 5s\nserver: off\nlisteners:",
            ConfigurationChange(keptModels: ["a", "b"], needRestart: ["server", "reconcileEvery"])
        ),
    ]

    @Test(arguments: cases)
    func eachDifferenceIsSeen(replace: String, with: String, change: ConfigurationChange) throws {
        let text = replace.isEmpty ? Self.base : Self.base.replacing(replace, with: with)
        let old = try Self.read(Self.base)
        let new = try Self.read(text)
        #expect(ConfigurationChange(from: old, to: new) == change)
        #expect(change.isNothing == (change.added + change.removed + change.changed).isEmpty)
    }

    @Test func theURIIsOfNoMatterToADaemonWithAMongoDBOfItsOwn() throws {
        let new = try Self.read(Self.base.replacing("mongodb://a", with: "mongodb://b"))
        let change = ConfigurationChange(from: try Self.read(Self.base), to: new, ignoresURI: true)
        #expect(change.needRestart.isEmpty)
    }

    private static func read(_ text: String) throws -> (Configuration, Assembly) {
        let configuration = try Configuration.parse(
            Array(text.utf8), file: "lockstep.yaml", directory: "/nowhere", environment: [:])
        return (configuration, try configuration.assemble())
    }
}
