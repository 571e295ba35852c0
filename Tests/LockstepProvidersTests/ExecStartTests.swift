import Foundation
import Lockstep
import Testing

@testable import LockstepProviders

/// Programs that load slowly, that never work, and that crash again and again.
@Suite(.ownThread) struct ExecStartTests {
    @Test func aLoadThatIsLongerThanTheTimeoutIsWaitedFor() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            source: slow(loading: 2, "reply([len(text) for text in inputs])"), timeout: .seconds(1))
        #expect(try await model.predict(["four"]) == [.success(4)])
        #expect(try folder.starts() == 1)
    }

    @Test func theTimeoutHoldsOnceTheProgramHasAnswered() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            source: slow(loading: 0, "time.sleep(600 if inputs[0] == 'hang' else 0); reply(inputs)"),
            timeout: .seconds(3))
        #expect(try await model.predict(["a"]) == [.success("a")])
        await #expect(
            throws: ModelError.failed("model `test` (python3 program.py) did not answer within 3 s")
        ) {
            try await model.predict(["hang"])
        }
        // The next start has to answer what was answered before, and then the timeout holds again.
        await #expect(throws: ModelError.self) { try await model.predict(["hang"]) }
        #expect(try await model.predict(["b"]) == [.success("b")])
        #expect(try folder.starts() == 3)
    }

    @Test func aProgramThatNeverGetsToItsFirstRequestIsAnOutage() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(source: slow(loading: 600, ""), startTimeout: .seconds(1))
        let error = await #expect(throws: ModelError.self) { try await model.predict(["a"]) }
        #expect(
            error
                == .unavailable(
                    "model `test` (python3 program.py) did not read its first request within 1 s (`startTimeout`)"
                ))
    }

    @Test func aProgramThatNoLongerAnswersWhatItHasAnsweredIsAnOutage() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            lines: """
                if os.path.exists("broken"): sys.exit(3)
                reply({"id": id, "predictions": [1] * len(inputs)})
                """)
        #expect(try await model.predict(["good"]) == [.success(1)])
        try folder.write("broken", "", permissions: 0o644)
        // The first two may be the inputs' fault: one of a program that worked until then, one of a new start.
        for _ in 1...2 {
            let error = await #expect(throws: ModelError.self) { try await model.predict(["a", "b"]) }
            #expect(error == .failed("model `test` (python3 program.py) exited with status 3"))
        }
        let error = await #expect(throws: ModelError.self) { try await model.predict(["a", "b"]) }
        #expect(error == .unavailable("model `test` (python3 program.py) exited with status 3"))
    }

    @Test func aCrashLoopIsStartedRarelyHoweverManyAskAndAllHearTheSame() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            source: """
                import sys, time
                open("starts", "a").write("x")
                sys.exit(f"no memory at {time.time_ns()}")
                """)
        var reasons: Set<String> = []
        for _ in 0..<500 {
            let error = await #expect(throws: ModelError.self) { try await model.predict(["a"]) }
            guard case .unavailable(let reason) = error else {
                Issue.record("\(error as Any) should be an outage")
                return
            }
            reasons.insert(reason)
        }
        #expect(reasons.count == 1, "\(reasons)")
        // The pauses are half a second, one, two, …: none of the 500 waited for them.
        #expect(try folder.starts() < 10)
    }

    @Test func aProgramThatWasRepairedIsTakenUpByItself() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(source: "import no_such_module")
        await #expect(throws: ModelError.self) { try await model.predict(["a"]) }
        _ = try folder.model(answering: "[7]")
        var answer: BSONValue?
        try await eventually {
            answer = try? await model.predict(["a"]).first?.get()
            return answer != nil
        }
        #expect(answer == 7)
    }

    @Test func aProgramMayAskToWait() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            lines: """
                if os.path.exists("asked"): reply({"id": id, "predictions": [1]})
                else: open("asked", "w").close(); reply({"id": id, "retryAfter": 0.5})
                """)
        await #expect(
            throws: ModelError.retryAfter(.milliseconds(500), "model `test` asks to wait 0.5 s")
        ) {
            try await model.predict(["a"])
        }
        #expect(try await model.predict(["a"]) == [.success(1)])
        #expect(try folder.starts() == 1)
    }

    private func slow(loading seconds: Int, _ line: String) -> String {
        """
        import json, sys, time
        open("starts", "a").write("x")
        time.sleep(\(seconds))
        for request in sys.stdin:
            request = json.loads(request)
            inputs = request["inputs"]
            def reply(predictions): print(json.dumps({"id": request["id"], "predictions": predictions}), flush=True)
            \(line)
        """
    }
}
