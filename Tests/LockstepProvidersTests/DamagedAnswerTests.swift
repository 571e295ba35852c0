import Foundation
import Lockstep
import Testing

@testable import LockstepProviders

/// What a program answers is right, or an error of the model: never a crash, never another input's prediction.
@Suite struct DamagedAnswerTests {
    private static let good = Array(#"{"id": 7, "predictions": [10, 20, null], "errors": {"2": "no"}}"#.utf8)

    private static func read(_ line: [UInt8]) -> ExecLine {
        ExecLine(line, id: 7, firstID: 3, count: 3)
    }

    private static let refused =
        [
            (#"{"id": 2, "predictions": [1, 2, 3]}"#, "`id` 2 to the request 7"),
            (#"{"id": 8, "predictions": [1, 2, 3]}"#, "`id` 8 to the request 7"),
            (#"{"id": "7", "predictions": [1, 2, 3]}"#, "`id`"),
            (#"{"id": 7.5, "predictions": [1, 2, 3]}"#, "`id`"),
            (#"{"id": null, "predictions": []}"#, "`id`"),
            (#"{"id": 7}"#, "without `predictions`"), (#"{"id": 7, "predictions": null}"#, "no array"),
            (#"{"id": 7, "predictions": {"0": 1, "1": 2, "2": 3}}"#, "no array"),
            (#"{"id": 7, "predictions": [1, 2]}"#, "2 predictions to 3 inputs"),
            (#"{"id": 7, "predictions": [1, 2, 3, 4]}"#, "4 predictions"),
            (#"{"id": 7, "id": 8, "predictions": [1, 2, 3]}"#, "`id` twice"),
            (#"{"id": 7, "predictions": [1, 2, 3], "predictions": [4, 5, 6]}"#, "`predictions` twice"),
            (#"{"id": 7, "predictions": [1, 2, 3]}{"id": 8, "predictions": [4, 5, 6]}"#, "stands behind"),
            (#"{"id": 7, "predictions": [1, 2, 3]} done"#, "stands behind"),
            (#"[{"id": 7, "predictions": [1, 2, 3]}]"#, "stands behind"),
            ("{'id': 7, 'predictions': [1, 2, None]}", "not a JSON object"),
            (#"{"id": 7, "predictions": [1, 2, 99999999999999999999]}"#, "64 bits"),
            (#"{"id": 7, "predictions": [1, 2, "\ud800"]}"#, "not a JSON object"),
            (#"{"id": 7, "predictions": [1, 2, True]}"#, "not a JSON object"),
            (#"{"id": 7, "predictions": [1, 2, "#, "not a JSON object"),
            ("{\"id\": 7, \"predictions\": [1, 2, \"\0\"]}", "NUL"),
            (#"{"id": 7, "predictions": [1, 2, 3], "errors": []}"#, "not an object"),
            (#"{"id": 7, "predictions": [1, 2, 3], "errors": "no"}"#, "not an object"),
            (#"{"id": 7, "predictions": [1, 2, 3], "retryAfter": 1}"#, "exclude each other"),
            (#"{"id": 7, "retryAfter": -1}"#, "no number of seconds"),
            (#"{"id": 7, "retryAfter": NaN}"#, "no number of seconds"),
            (#"{"id": 7, "retryAfter": "5"}"#, "no number of seconds"),
            (#"{"id": 7, "retryAfter": 1e9}"#, "no number of seconds"),
        ]
        + ["x", "-1", "3", "99", "", "+1", "01", "1.0", " 1", "99999999999999999999"].map { key in
            (
                #"{"id": 7, "predictions": [1, 2, 3], "errors": {"\#(key)": "no"}}"#,
                "an error for input `\(key)`"
            )
        }

    @Test(arguments: refused) func aWrongAnswerIsRefused(line: String, reason: String) {
        guard case .wrong(let problem) = Self.read(Array(line.utf8)) else {
            Issue.record("not refused: \(line)")
            return
        }
        #expect(problem.description.contains(reason), "\(problem)")
        #expect(problem.description.utf8.count < 2000)
    }

    private static func results(_ line: [UInt8]) throws -> [Result<BSONValue, InputError>] {
        guard case .answer(let answer) = read(line) else { throw ExecAnswerProblem(description: "no answer") }
        return answer.results
    }

    @Test func strangeButRightAnswersAreTaken() throws {
        for line in [
            #"{"id":7.0,"predictions":[10,20,30]}"#, "{\"id\":7,\"predictions\":[10,20,30]} \r",
            "\u{FEFF}" + #"  {"id": 7, "predictions": [10, 20, 30]}"#,
            #"loading… {"id": 7, "predictions": [10, 20, 30]}"#,
            #"{"x":{"y":[]},"predictions":[10,20,30],"id":{"$numberLong":"7"},"errors":null}"#,
        ] {
            let results = try Self.results(Array(line.utf8)).map { try? $0.get().int }
            #expect(results == [10, 20, 30], "\(line)")
        }
        let results = try Self.results(Self.good)
        #expect((try? results[1].get()) == 20)
        #expect(throws: InputError.self) { try results[2].get() }
        let nan = try Self.results(Array(#"{"id": 7, "predictions": [NaN, Infinity, 1e308]}"#.utf8))
        #expect(try nan[0].get().double?.isNaN == true)
        guard case .retryAfter(.milliseconds(2500)) = Self.read(Array(#"{"id": 7, "retryAfter": 2.5}"#.utf8))
        else {
            Issue.record("not taken for a request to wait")
            return
        }
    }

    @Test func aDamagedAnswerIsTakenWholeOrRefused() {
        var state: UInt64 = 1
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let parts = [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "1e9", "\"id\":7,", "\\ud800", "é", "\0",
        ]
        for _ in 0..<20_000 {
            let seed = state
            var line = Self.good
            for _ in 0...random(4) {
                let place = random(line.count)
                switch random(4) {
                case 0: line[place] = UInt8(random(256))
                case 1: line.removeSubrange(place..<min(line.count, place + 1 + random(6)))
                case 2: line.insert(contentsOf: line[place..<min(line.count, place + 12)], at: place)
                default: line.insert(contentsOf: parts[random(parts.count)].utf8, at: place)
                }
                if line.isEmpty { line = [0x20] }
            }
            if case .answer(let answer) = Self.read(line) {
                #expect(answer.results.count == 3, "seed \(seed)")
            }
        }
    }

    @Test func deepAndLongAnswersAreRefusedInTime() {
        for opening in ["[", "{\"a\":", "[{\"a\":"] {
            let line = #"{"id": 7, "predictions": ["# + String(repeating: opening, count: 100_000)
            guard case .wrong(let problem) = Self.read(Array(line.utf8)) else {
                Issue.record("taken")
                continue
            }
            #expect(problem.description.contains("deeper than 98 levels"), "\(problem)")
        }
    }

    @Test func aLineWithoutAnEndIsBounded() {
        var answer = AnswerLine()
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        var chunks = 0
        while !answer.isTooLong, chunks < 1000 {
            chunk.withUnsafeBytes { answer.add($0) }
            chunks += 1
        }
        #expect(chunks == (AnswerLine.longest >> 20) + 1)
        #expect(answer.take() == nil)
    }

    @Test func linesEndWithNewlinesAndCarriageReturns() {
        var answer = AnswerLine()
        var lines: [String] = []
        // Byte by byte and at once, with more than is kept of what was taken.
        let long = String(repeating: "x", count: 100_000)
        for text in ["a\nb\r\n\r 10%\r 20%", "\n", "{}\n", "\n\n", "\(long)\n\(long)\nrest"] {
            Array(text.utf8).withUnsafeBytes { answer.add($0) }
            while let line = answer.take() { lines.append(String(decoding: line, as: UTF8.self)) }
        }
        #expect(lines == ["a", "b", "", "", " 10%", " 20%", "{}", "", "", long, long])
        #expect(!answer.isComplete && answer.takeRest() == Array("rest".utf8) && answer.isEmpty)
    }
}

extension DamagedAnswerTests {
    @Suite(.ownThread) struct Programs {
        @Test(arguments: [
            // Before any request.
            "print('{\"id\": 1, \"predictions\": [1]}', flush=True)\nsys.stdin.readline(); sys.stdin.readline()",
            "sys.stdin.readline(); sys.stdout.write('{\"id\": 1, \"predictions\": [1]}'); sys.exit(0)",
            "sys.stdin.readline()\nwhile True: sys.stdout.write('x' * 1000000)",
            "sys.stdin.readline(); print('{\"id\": 1, \"predictions\": ' + '[' * 100000, flush=True); time.sleep(60)",
        ])
        func aStrangeProgramIsAnErrorOfTheModel(program: String) async throws {
            let folder = try ProgramFolder()
            let model = try folder.model(source: "import sys, time\n" + program)
            defer { model.shutdown() }
            // An early answer is the answer to request 1 with 1 input: nobody can tell it from a quick one.
            if program.hasPrefix("print") {
                #expect(try await model.predict(["a"]).count == 1)
                await #expect(throws: ModelError.self) { try await model.predict(["b", "c"]) }
                return
            }
            let error = await #expect(throws: ModelError.self) { try await model.predict(["a"]) }
            #expect("\(error!)".utf8.count < 4000)
        }
    }
}
