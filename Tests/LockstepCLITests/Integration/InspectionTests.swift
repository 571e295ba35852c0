import Foundation
import Lockstep
import Testing
import TestSupport

/// `check`, `status`, `verify`, `wait`, `watch` and `failures`.
@Suite struct InspectionTests {
    @Test func checkSaysOfEverythingThatItWorks() async throws {
        let project = try Project(try TestServer.uri())
        let ending = try await project.lockstep("check")
        #expect(ending.status == 0, "\(ending)")
        for what in ["configuration", "mongodb", "rights", "oplog", "model length"] {
            #expect(ending.out.contains("ok     \(what): "), "\(ending)")
        }
        let json = try await project.lockstep("check", "--json")
        #expect(try BSONDocument(json: json.out)["ok"]?.bool == true)
        #expect(json.lines.count == 1)
    }

    @Test(arguments: [
        ("[python3, -c, \"print('garbage')\"]", "garbage"),
        ("[python3, -c, \"import sys; sys.exit(3)\"]", "exited with status 3"),
        ("[no-such-program]", "`no-such-program` is not in PATH"),
        ("[python3, missing.py]", "missing.py"),
        ("[./lockstep.yaml]", "is not executable"),
    ])
    func checkSaysWhatIsWrongWithAProgram(command: String, reason: String) async throws {
        let project = try Project(try TestServer.uri(), model: "{exec: \(command), timeout: 20s}")
        let ending = try await project.lockstep("check")
        #expect(ending.status == 69, "\(ending)")
        #expect(ending.out.contains("FAILED model length: ") && ending.out.contains(reason), "\(ending)")
    }

    @Test(arguments: ["view", "timeseries", "capped"])
    func aCollectionThatTakesNoPredictionsIsABadConfiguration(kind: String) async throws {
        let project = try Project(try TestServer.uri())
        let kinds: [String: (options: [(String, BSONValue)], name: String)] = [
            "view": ([("viewOn", "others"), ("pipeline", [])], "view"),
            "timeseries": ([("timeseries", ["timeField": "at"])], "time-series collection"),
            "capped": ([("capped", true), ("size", 4096)], "capped collection"),
        ]
        let (options, name) = try #require(kinds[kind])
        try project.command(BSONDocument([("create", "docs")] + options))
        for command in ["run", "check", "status", "verify"] {
            let ending = try await project.lockstep(command)
            #expect(ending.status == 78, "\(command): \(ending)")
            let text = ending.out + ending.err
            #expect(text.contains("`docs` is a \(name)"), "\(ending)")
        }
    }

    @Test func statusTellsTheSameBeforeAndAfterTheFirstRun() async throws {
        let project = try Project(try TestServer.uri())
        try project.insert([(1, "a"), (2, "b"), (3, "c")])
        let before = try await project.lockstep("status", "--json")
        #expect(before.status == 0)
        #expect(
            before.out == """
                { "listeners" : [ { "on" : "docs", "key" : "text", "model" : "length", "documents" : 3, "withoutInput" : 0, "fresh" : 0, \
                "stale" : 0, "missing" : 3, "extra" : 0, "failed" : 0, "truncated" : 0, "id" : "docs/text/length", "output" : "_outputs.text.length" } ], \
                "ok" : false, "position" : null, \
                "lagSeconds" : null, "lease" : null, "audit" : null, "warnings" : [  ] }

                """)
        #expect(try await project.lockstep("status").out.contains("`lockstep run` has not been started"))
        try await project.running { _ in
            let waited = try await project.lockstep("wait")
            #expect(waited.status == 0, "\(waited)")
        }
        let after = try BSONDocument(json: try await project.lockstep("status", "--json").out)
        #expect(after["ok"]?.bool == true)
        #expect(after["position"]?.timestamp != nil)
        #expect(after["lagSeconds"]?.type == .int32)
        #expect(try await project.lockstep("status").out.contains("behind"))
    }

    @Test func withAsStatusNamesTheListenerAndItsOutput() async throws {
        let project = try Project(try TestServer.uri())
        let plain = try await project.lockstep("status")
        #expect(!plain.out.contains("OUTPUT"), "\(plain)")
        try project.write(
            "lockstep.yaml",
            """
            mongodb: {uri: "\(project.uri)", database: \(project.database)}
            models: {length: {exec: [python3, length.py], version: "1"}}
            listeners:
              - {model: length, on: docs, key: [title, text], as: size}
            """)
        let table = try await project.lockstep("status")
        #expect(table.out.contains("docs/size/length  _outputs.size.length"), "\(table)")
        #expect(table.out.contains("LISTENER          OUTPUT"), "\(table)")
    }

    @Test func verifyFindsAndMendsWhatWasDoneByHandWhileNothingRan() async throws {
        let project = try Project(try TestServer.uri())
        try project.insert((0..<30).map { ($0, "text \($0)") })
        #expect(try await project.verify("--repair").status == 0)
        let whole = try await project.verify()
        #expect(whole.status == 0 && whole.report["fresh"]?.int == 30)
        try project.update(0, ["$set": ["text": "changed"]])
        try project.update(1, ["$unset": ["_outputs": 1, "_lockstep": 1]])
        try project.update(2, ["$unset": ["text": 1]])
        let (status, report) = try await project.verify()
        #expect(status == 1)
        #expect(
            report == [
                "on": "docs", "key": "text", "model": "length", "documents": 29, "withoutInput": 1,
                "fresh": 27, "stale": 1,
                "missing": 1, "extra": 1, "failed": 0, "truncated": 0,
                "id": "docs/text/length", "output": "_outputs.text.length",
            ])
        let table = try await project.lockstep("verify")
        #expect(table.status == 1 && table.out.contains("--repair"), "\(table)")
        project.forgetCalls()
        #expect(try await project.verify("--repair").status == 0)
        #expect(project.calls.sorted().suffix(2) == ["\"changed\"", "\"text 1\""])
        #expect(try project.output(0) == 7)
        #expect(try project.output(2) == nil)
    }

    @Test func recomputeFindsAnOutputThatOnlyTheModelKnowsIsWrong() async throws {
        let project = try Project(try TestServer.uri())
        try project.insert((0..<30).map { ($0, "text \($0)") })
        #expect(try await project.verify("--repair").status == 0)
        try project.update(7, ["$set": ["_outputs.text.length": 1000]])
        #expect(try await project.verify().status == 0)
        let (status, report) = try await project.verify("--recompute")
        #expect(status == 1)
        #expect(report["stale"]?.int == 1 && report["fresh"]?.int == 29)
        let recomputed = try #require(report["recomputed"]?.document)
        #expect(recomputed["compared"]?.int == 30 && recomputed["different"]?.int == 1, "\(recomputed)")
        #expect(recomputed["exactly"]?.int == 30 && recomputed["vectors"]?.int == 0, "\(recomputed)")
        let table = try await project.lockstep("verify", "--recompute")
        #expect(table.err.contains("document 7"))
        #expect(table.out.contains("30 outputs compared") && table.out.contains("1 differ"), "\(table)")
        #expect(try await project.verify("--recompute", "--repair").status == 0)
        #expect(try project.output(7) == 6)
    }

    /// Weights of eight bits, and vectors that are not of norm 1: the last digits are never the same twice.
    @Test func recomputeTakesNoiseForNoDifference() async throws {
        let project = try Project(
            try TestServer.uri(), model: "{exec: [python3, noisy.py], version: \"1\", vectors: bson}")
        try project.write(
            "noisy.py",
            """
            import json, random, sys
            def noisy(text):
                own = random.Random(text)
                return [(own.gauss(0, 1) + random.gauss(0, 0.01)) * 40 for _ in range(64)]
            for line in sys.stdin:
                request = json.loads(line)
                answers = [noisy(str(text)) for text in request["inputs"]]
                print(json.dumps({"id": request["id"], "predictions": answers}), flush=True)
            """)
        try project.insert((10..<40).map { ($0, "the text \($0)") })
        #expect(try await project.verify("--repair").status == 0)
        let (status, report) = try await project.verify("--recompute")
        let recomputed = try #require(report["recomputed"]?.document)
        #expect(status == 0 && recomputed["vectors"]?.int == 30, "\(report)")
        #expect(try #require(recomputed["lowestCosine"]?.double) >= 0.999, "\(report)")
        // The vector of another text is told from noise.
        let other = try #require(try project.document(20)?[path: "_outputs.text.length"])
        try project.update(11, ["$set": ["_outputs.text.length": other]])
        try project.update(12, ["$set": ["_outputs.text.length": BSONValue(vector: [1, 2])]])
        let table = try await project.lockstep("verify", "--recompute")
        #expect(table.status == 1 && table.out.contains("2 differ"), "\(table)")
        #expect(table.out.contains("cosine") && table.err.contains("document 11"), "\(table)")
    }

    @Test func aFilterThatCannotBeEvaluatedOnOneDocumentEndsNoCommand() async throws {
        let project = try Project(try TestServer.uri())
        let path = "\(project.folder)/lockstep.yaml"
        let file = try String(contentsOfFile: path, encoding: .utf8)
        let filter = "{$expr: {$gte: [{$size: \"$tags\"}, 1]}}"
        try project.write(
            "lockstep.yaml", file.replacingOccurrences(of: "key: text}", with: "key: text, where: \(filter)}")
        )
        try project.insert((0..<20).map { ($0, "text \($0)") })
        for id in 1..<20 { try project.update(id, ["$set": ["tags": ["a"]]]) }
        #expect(try await project.lockstep("check").status == 0)
        #expect(try await project.lockstep("status").status == 0)
        let (before, _) = try await project.verify()
        let (after, report) = try await project.verify("--repair")
        #expect(before == 1 && after == 1)
        #expect(report["failed"]?.int == 1 && report["fresh"]?.int == 19, "\(report)")
        let list = try await project.lockstep("failures", "list")
        #expect(list.out.contains("`where`") && list.out.contains("17124"), "\(list)")
        try await project.running { _ in
            #expect(try await project.lockstep("wait").status == 0)
            try project.update(0, ["$set": ["tags": ["a"]]])
            #expect(try await project.lockstep("wait").status == 0)
            #expect(try project.output(0) == 6)
        }
        #expect(try await project.verify().status == 0)
    }

    @Test func aRepairWithAModelThatDoesNotWorkEnds() async throws {
        let project = try Project(try TestServer.uri(), model: "{exec: [no-such-program]}")
        try project.insert([(1, "a")])
        for arguments in [["--repair"], ["--repair", "--json"]] {
            let ending = try await Running(["verify"] + arguments, in: project.folder).ending()
            #expect(ending.status == 69 && ending.out.isEmpty, "\(ending)")
            #expect(ending.err.contains("no-such-program"), "\(ending)")
        }
    }

    @Test func waitEndsInTimeAndTakesItsRequestBack() async throws {
        let project = try Project(try TestServer.uri())
        let ending = try await project.lockstep("wait", "--timeout", "1")
        #expect(ending.status == 1 && ending.err.contains("no `lockstep run`"), "\(ending)")
        let json = try await project.lockstep("wait", "--timeout", "1", "--json")
        #expect(json.status == 1 && json.out == "{\"fresh\": false}\n", "\(json)")
        let interrupted = try project.start("wait")
        try await eventually("it waits") { try project.count("lockstep.waits") == 1 }
        #expect(try await interrupted.stop(SIGINT).status == 130)
        #expect(try project.count("lockstep.waits") == 0)
    }

    @Test func watchPrintsEventsUntilItIsInterrupted() async throws {
        let project = try Project(try TestServer.uri())
        let watch = try project.start("watch", "docs")
        var id = 0
        // The first event that it sees says that it is open.
        try await eventually("it is open") {
            id += 1
            try project.insert([(id, "a")])
            return !watch.out.isEmpty
        }
        try project.insert([(1_000_000, "last")])
        try await watch.says("1000000")
        let ending = try await watch.stop(SIGINT)
        #expect(ending.status == 0, "\(ending)")
        let events = try ending.lines.map { try BSONDocument(json: $0) }
        #expect(events.allSatisfy { $0["operationType"]?.string == "insert" })
        #expect(events.last?[path: "fullDocument.text"]?.string == "last")
    }

    @Test func watchEndsWhenNobodyReads() async throws {
        let project = try Project(try TestServer.uri())
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Its status goes into a file; `head` ends at the first event.
        shell.arguments = [
            "-c", "{ \"\(try Executable.path())\" watch docs; echo $? > status; } | head -n 1 > first",
        ]
        shell.currentDirectoryURL = URL(fileURLWithPath: project.folder)
        try shell.run()
        var id = 0
        try await eventually("the pipe ends") {
            id += 1
            if id <= 1000 { try project.insert([(id, "a")]) }
            return !shell.isRunning
        }
        let status = try String(contentsOfFile: project.folder + "/status", encoding: .utf8)
        #expect(status == "0\n")
    }

    @Test func failuresAreListedAndTriedAgain() async throws {
        let project = try Project(try TestServer.uri())
        #expect(try await project.lockstep("failures").out == "no document is parked\n")
        #expect(try await project.lockstep("failures", "list", "--json").out == "")
        try project.insert([(1, "bad"), (2, "good"), (3, "bad")])
        try await project.running { daemon in
            #expect(try await project.lockstep("wait").status == 0)
            let list = try await project.lockstep("failures", "list", "--json")
            let entries = try list.lines.map { try BSONDocument(json: $0) }
            #expect(entries.compactMap { $0["document"]?.int } == [1, 3])
            #expect(entries[0]["reason"]?.string?.contains("not this") == true)
            #expect(try await project.lockstep("failures").out.contains("docs/text/length"))
            #expect(try await project.verify().report["failed"]?.int == 2)

            project.forgetCalls()
            let one = try await project.lockstep("failures", "retry", "--id", "3", "--json")
            #expect(one.out == "{\"retried\": 1}\n", "\(one)")
            try await eventually("document 3 is tried again") { project.calls == ["\"bad\""] }
            let all = try await project.lockstep("failures", "retry", "--listener", "docs/text/length")
            #expect(all.out.contains("2 parked documents will be tried again by"), "\(all)")
            #expect(all.out.contains("(process \(daemon.processID)) at once"), "\(all)")
            try await eventually("both are tried again") { project.calls.count == 3 }
        }
    }
}
