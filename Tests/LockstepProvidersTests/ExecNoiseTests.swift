import Lockstep
import Testing

@testable import LockstepProviders

/// What a program writes to stdout beside its answers does no harm.
@Suite(.ownThread) struct ExecNoiseTests {
    /// Python that writes something, before and after each answer.
    static let noise = [
        #"print("Loading the model", flush=True)"#, "print(flush=True)",
        #"print("done", end="", flush=True)"#,
        #"print("\r 10%\r 20%", end="", flush=True)"#, #"print("\ufeff", end="", flush=True)"#,
        #"print(json.dumps({"level": "info", "message": "asked"}), flush=True)"#,
        #"print({"loss": 0.5}, flush=True)"#, #"print("[1, 2]\n7\nnull", flush=True)"#,
        #"sys.stdout.buffer.write(b"\x00\xff\xfe\n"); sys.stdout.flush()"#,
        #"print("x" * 3_000_000, flush=True)"#, #"print("line\n" * 20_000, end="", flush=True)"#,
        // The answer before once more.
        #"id > 1 and print(json.dumps({"id": id - 1, "predictions": [0] * len(inputs)}), flush=True)"#,
    ]

    @Test(arguments: noise) func aProgramThatIsLoudIsNotStartedAgain(noise: String) async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            lines: """
                \(noise)
                reply({"id": id, "predictions": [len(text) for text in inputs]})
                \(noise)
                """)
        for count in 1...20 {
            let inputs = (0..<count).map { BSONValue(String(repeating: "x", count: $0)) }
            #expect(try await model.predict(inputs) == (0..<count).map { .success(BSONValue($0)) })
        }
        #expect(try folder.starts() == 1)
    }

    @Test func whatIsWrittenBeforeTheFirstRequestIsNoAnswerToIt() async throws {
        let folder = try ProgramFolder()
        let model = try folder.model(
            source: """
                import json, sys
                print("ready", flush=True)
                for line in sys.stdin:
                    print(json.dumps({"id": json.loads(line)["id"], "predictions": [5]}), flush=True)
                """)
        #expect(try await model.predict(["a"]) == [.success(5)])
    }

    @Test func anAnswerWithoutItsNumberIsNamedWhenNoOtherComes() async throws {
        // However long the program takes to start, which is part of the time.
        for seconds in [2, 20, 200] {
            let folder = try ProgramFolder()
            let model = try folder.model(
                lines: #"reply({"predictions": [1]})"#, startTimeout: .seconds(seconds))
            let error = await #expect(throws: ModelError.self) { try await model.predict(["a"]) }
            guard case .failed(let reason) = error else { continue }
            #expect(reason.contains("but answered without `id`: `{\"predictions\": [1]}`"), "\(reason)")
            return
        }
        Issue.record("the program never started")
    }
}
