import Foundation
import Lockstep
import Testing

@testable import LockstepProviders

/// Programs that speak the exec protocol, well and badly.
@Suite(.ownThread) struct ExecModelTests {
    @Test func aProgramAnswersEachInputInOrder() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(answering: "[len(text) for text in inputs]")
        #expect(try await model.predict(["a", "four", ""]) == [.success(1), .success(4), .success(0)])
        #expect(try await model.predict(["again"]) == [.success(5)])
        #expect(try folder.starts() == 1)
    }

    @Test func everyKindOfValueComesBackAsItWent() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(answering: "inputs")
        let values: [BSONValue] = [
            "line one\nline two\r\n\u{2028}", "NUL \0 inside", "emoji 👩‍👩‍👧 and ümlaut", .init(1.5), .init(.nan),
            .init(-.infinity), .init(int64: 1 << 60), true, .init(millisecondsSince1970: 1_700_000_000_123),
            .objectID(), .init(vector: [0.5, -1]), ["title", nil, ["nested": ["x": 1]]], .init(0.0),
        ]
        #expect(try await model.predict(values) == values.map { .success($0) })
    }

    @Test func aReportedErrorFailsItsInputAlone() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            lines: #"reply({"id": id, "predictions": [9, None], "errors": {"1": "too short"}})"#)
        #expect(try await model.predict(["good", "x"]) == [.success(9), .failure(InputError("too short"))])
    }

    @Test func aNullWithoutAReasonIsNoPrediction() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(answering: "[None, 1]")
        let results = try await model.predict(["a", "b"])
        #expect(results == [.failure(InputError("the program gave no prediction")), .success(1)])
    }

    @Test(arguments: [
        (#"reply({"id": id, "predictions": [1, 2, 3]})"#, "answered with 3 predictions to 2 inputs: `{"),
        (#"reply({"id": id + 1, "predictions": [1, 2]})"#, "answered with `id` 2 to the request 1: `{"),
        (#"reply({"id": id})"#, "answered without `predictions`: `{"),
        (#"reply({"id": id, "predictions": "12"})"#, "answered with `predictions` that are no array: `{"),
        (
            #"reply({"id": id, "predictions": [1, 2], "errors": {"2": "no"}})"#,
            "answered with an error for input `2`, where the inputs are 0 to 1: `{"
        ),
        (
            #"reply({"id": id, "predictions": [1, 2], "errors": ["no"]})"#,
            "answered with `errors` that are not an object"
        ),
        (
            #"print({"id": id, "predictions": [1, 2]})"#,
            "answered `{'id': 1, 'predictions': [1, 2]}`, which is no"
        ),
    ])
    func anAnswerThatIsNoneFailsTheBatchAndTheProgramIsStartedAgain(
        line: String, complaint: String
    ) async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            lines: "if inputs[0] == 'good': reply({'id': id, 'predictions': [7]})\nelse: \(line)")
        let error = await #expect(throws: ModelError.self) { try await model.predict(["bad", "b"]) }
        guard case .failed(let reason) = error else {
            Issue.record("\(error as Any) should fail the batch")
            return
        }
        #expect(reason.hasPrefix("model `test` (python3 program.py) \(complaint)"), "\(reason)")
        #expect(try await model.predict(["good"]) == [.success(7)])
        #expect(try folder.starts() == 2)
    }

    @Test func aProgramThatExitsFailsTheBatchAndIsStartedAgain() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            lines: """
                if inputs[0] == "bad":
                    print("first", file=sys.stderr)
                    sys.exit("out of luck")
                reply({"id": id, "predictions": [len(inputs)]})
                """)
        await #expect(
            throws: ModelError.failed("model `test` (python3 program.py) exited with status 1: out of luck")
        ) {
            try await model.predict(["bad"])
        }
        #expect(try await model.predict(["good"]) == [.success(1)])
    }

    @Test func aProgramThatIsKilledSaysSo() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(lines: "os.kill(os.getpid(), 11)")
        let error = await #expect(throws: ModelError.self) { try await model.predict(["a"]) }
        #expect(
            error == .failed("model `test` (python3 program.py) was ended by signal 11 (Segmentation fault)"))
    }

    @Test func aProgramThatEndsBeforeItReadsARequestIsUnavailable() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(source: "import no_such_module")
        let error = await #expect(throws: ModelError.self) { try await model.predict(["a"]) }
        #expect(
            error
                == .unavailable(
                    "model `test` (python3 program.py) exited with status 1 before it read a request: "
                        + "ModuleNotFoundError: No module named 'no_such_module'"))
    }

    @Test func aProgramThatHangsIsKilledWithAllThatItStarted() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            lines: """
                import subprocess
                if inputs[0] == "hang": time.sleep(600)
                reply({"id": id, "predictions": [subprocess.Popen(["sleep", "600"]).pid]})
                """, timeout: .seconds(4))
        let child = try await pid(model)
        await #expect(
            throws: ModelError.failed("model `test` (python3 program.py) did not answer within 4 s")
        ) {
            try await model.predict(["hang"])
        }
        try await eventually { !isRunning(child) }
        #expect(try await pid(model) != child)
    }

    @Test func aProgramThatIsGoneButLeftItsStdoutToAChildIsFoundOut() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            lines: """
                import subprocess
                subprocess.Popen(["sleep", "600"])
                os._exit(3)
                """)
        await #expect(throws: ModelError.failed("model `test` (python3 program.py) exited with status 3")) {
            try await model.predict(["a"])
        }
    }

    @Test func hugeLinesPassInBothDirectionsAtOnce() async throws {
        let folder = try ProgramFolder()
        // Answers while it still reads: both pipes are full unless both are served.
        let model = try folder.model(answering: "[text + '!' for text in inputs]")
        let text = String(repeating: "0123456789", count: 1 << 20)
        let results = try await model.predict([BSONValue(text), "small"])
        #expect(results == [.success(BSONValue(text + "!")), .success("small!")])
    }

    @Test func aProgramThatWritesBeforeItReadsIsNotWaitedFor() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            source: """
                import json, sys
                for _ in range(40):
                    print("x" * 100_000, file=sys.stderr)
                for line in sys.stdin:
                    request = json.loads(line)
                    print(json.dumps({"id": request["id"], "predictions": [1]}), flush=True)
                """)
        let text = String(repeating: "0123456789", count: 1 << 18)
        #expect(try await model.predict([BSONValue(text)]) == [.success(1)])
    }

    @Test func aFloodOnStderrDoesNotHoldTheProgramUp() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            lines: """
                for number in range(200_000): print("line", number, file=sys.stderr)
                reply({"id": id, "predictions": [1]})
                """)
        #expect(try await model.predict(["a"]) == [.success(1)])
    }

    @Test func aProgramThatDiesWhileIdleIsStartedAgainUnnoticed() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(answering: "[os.getpid()]")
        let first = try await pid(model)
        kill(first, SIGKILL)
        try await eventually { !isRunning(first) }
        let second = try await pid(model)
        #expect(second != first)
    }

    @Test func aProgramThatAnswersOnceAndExitsIsStartedForEachBatch() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(lines: "reply({'id': id, 'predictions': [os.getpid()]}); sys.exit(0)")
        let first = try await pid(model)
        let second = try await pid(model)
        #expect(second != first)
    }

    @Test func theProgramDoesNotInheritTheEnvironment() async throws {
        setenv("LOCKSTEP_TEST_SECRET", "mongodb://user:secret@host", 1)
        let folder = try ProgramFolder()
        let model = try folder.model(
            answering: "[os.environ.get(name) or '-' for name in inputs]", environment: ["GREETING": "hello"])
        let results = try await model.predict([
            "LOCKSTEP_TEST_SECRET", "GREETING", "PYTHONUNBUFFERED", "PYTHONIOENCODING",
        ])
        #expect(results == ["-", "hello", "1", "utf-8"].map { .success($0) })
    }

    @Test func onlyTheNamedVariablesAreInherited() {
        let command = ExecCommand(["x"], directory: "/", environment: ["LANG": "de", "TOKEN": "t"])
        let needed = [
            "PATH": "/opt", "HOME": "/root", "LC_CTYPE": "C.UTF-8", "TZ": "UTC", "SSL_CERT_FILE": "/ca",
        ]
        let secret = [
            "LANG": "en", "MONGODB_URI": "mongodb://u:p@h", "AWS_SECRET_ACCESS_KEY": "k",
            "HTTPS_PROXY": "http://u:p@h",
            "LD_PRELOAD": "/x.so", "PYTHONPATH": "/x", "SSH_AUTH_SOCK": "/s",
        ]
        let inherited = needed.merging(secret) { $1 }
        let set = ["LANG": "de", "TOKEN": "t", "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"]
        #expect(command.fullEnvironment { inherited[$0] } == needed.merging(set) { $1 })
    }

    @Test func theProgramGetsNoOpenFilesOfOurs() async throws {
        let folder = try ProgramFolder()
        // Opened without close-on-exec, as C libraries do.
        let leaking = open("/dev/null", O_RDONLY)
        defer { close(leaking) }
        let model = try folder.model(
            answering:
                "[sorted(int(fd) for fd in os.listdir('/proc/self/fd'))[:3] + [os.path.exists('/proc/self/fd/\(leaking)') and os.readlink('/proc/self/fd/\(leaking)') == '/dev/null']]"
        )
        #expect(try await model.predict(["a"]) == [.success([0, 1, 2, false])])
    }

    @Test func theWorkingDirectoryIsTheOneOfTheConfiguration() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(answering: "[os.getcwd()]")
        let results = try await model.predict(["a"])
        #expect(results == [.success(BSONValue(folder.path))])
    }

    @Test func aProgramIsFoundBesideTheConfigurationWhenItsNameHoldsASlash() async throws {
        let folder = try ProgramFolder()
        _ = try folder.model(answering: "[1]")
        try folder.writeProgram("run.sh", "#!/bin/sh\nexec python3 program.py\n")
        let model = ExecModel(name: "test", command: ExecCommand(["./run.sh"], directory: folder.path))
        #expect(try await model.predict(["a"]) == [.success(1)])
    }

    @Test func aProgramThatCannotBeStartedIsUnavailableAndSaysWhy() async throws {
        let folder = try ProgramFolder()
        try folder.write("plain.txt", "just text", permissions: 0o644)
        try folder.writeProgram("bare", "just text")
        try folder.writeProgram("orphan", "#!/no/such/interpreter\n")
        let path = folder.path
        let table: [([String], String)] = [
            (["lockstep-no-such"], "`lockstep-no-such` is not in PATH: install it, or write its whole path"),
            (["bare"], "`bare` is not in PATH: for the one beside the configuration write `./bare`"),
            (["./missing.py"], "`\(path)/./missing.py` does not exist"),
            (
                ["./plain.txt"],
                "`\(path)/./plain.txt` is not executable: run `chmod +x`, or name its interpreter first, as [python3, …]"
            ),
            (["/tmp"], "`/tmp` is a directory"),
            (
                ["./bare"],
                "`\(path)/./bare` is no program: does it begin with a line as `#!/usr/bin/env python3`?"
            ),
            (["./orphan"], "the interpreter that the first line of `\(path)/./orphan` names does not exist"),
            ([], "the command is empty"),
        ]
        for (arguments, reason) in table {
            let command = ExecCommand(arguments, directory: path)
            let model = ExecModel(name: "test", command: command)
            let error = await #expect(throws: ModelError.self) { try await model.predict(["a"]) }
            #expect(error == .unavailable("model `test` (\(command)) cannot be started: \(reason)"))
        }
    }

    @Test func severalWorkersAreSeveralPrograms() async throws {
        let folder = try ProgramFolder()
        // Each answers only once the other one has been asked too.
        let model = try folder.model(
            lines: """
                open("asked-" + inputs[0], "w").close()
                while len([name for name in os.listdir() if name.startswith("asked-")]) < 2: time.sleep(0.01)
                reply({"id": id, "predictions": [os.getpid()]})
                """, workers: 2)
        #expect(model.limits.concurrency == 2)
        let answers = try await withThrowingTaskGroup(of: BSONValue.self) { group in
            for name in ["a", "b"] as [BSONValue] {
                group.addTask(executorPreference: OwnThread()) { try await model.predict([name])[0].get() }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(answers.count == 2)
        #expect(try folder.starts() == 2)
    }

    @Test func arraysBecomeVectorsOnlyWhenTheModelSaysSo() async throws {
        let folder = try ProgramFolder()
        let asAnswered = try folder.model(answering: "[[0.5, 1]]")
        let asVectors = try folder.model(answering: "[[0.5, 1]]", vectors: .bson)
        #expect(try await asAnswered.predict(["a"]) == [.success([0.5, 1])])
        #expect(try await asVectors.predict(["a"]) == [.success(BSONValue(vector: [0.5, 1]))])
    }

    @Test func shutdownEndsTheProgramAndItsSuccessorsAreRefused() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            source: """
                import json, os, sys
                for line in sys.stdin:
                    print(json.dumps({"id": json.loads(line)["id"], "predictions": [os.getpid()]}), flush=True)
                open("end", "w").write("stdin was closed")
                """)
        let program = try await pid(model)
        model.shutdown()
        #expect(!isRunning(program))
        #expect(try folder.read("end") == "stdin was closed")
        await #expect(throws: ModelError.unavailable("model `test` (python3 program.py) was shut down")) {
            try await model.predict(["a"])
        }
    }

    @Test func aProgramThatDoesNotHeedItsStdinIsKilledAtShutdown() async throws {
        let folder = try ProgramFolder()
        var model: ExecModel? = try folder.model(
            lines: "reply({'id': id, 'predictions': [os.getpid()]}); time.sleep(600)")
        let program = try await pid(#require(model))
        // The last reference: what deinit does.
        model = nil
        #expect(!isRunning(program))
    }

    @Test func aCancelledCallEndsItsProgram() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(lines: "open('asked', 'w').write(str(os.getpid())); time.sleep(600)")
        let call = Task(executorPreference: OwnThread()) { try await model.predict(["a"]) }
        try await eventually { (try? folder.read("asked").isEmpty) == false }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        let program = try #require(Int32(try folder.read("asked")))
        #expect(!isRunning(program))
    }

    @Test func textThatIsNotUTF8IsRepaired() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(answering: "inputs")
        let broken = try #require(
            BSONDocument(validating: [14, 0, 0, 0, 2, 0x61, 0, 2, 0, 0, 0, 0xFF, 0, 0])?["a"])
        let results = try await model.predict(["before", broken, [broken], "after"])
        #expect(
            results == [
                .success("before"), .success("\u{FFFD}"),
                .failure(InputError("the value holds text that is not UTF-8 and has no form in JSON")),
                .success("after"),
            ])
    }
}

private func pid(_ model: ExecModel) async throws -> Int32 {
    let prediction = try await model.predict(["pid"])[0].get()
    return Int32(try #require(prediction.int))
}
