import Foundation
import LockstepCore
import LockstepProviders
import MongoBSON
import Testing

/// A provider on trial: how it is made to do what each test needs. What it cannot do is nil.
struct ProviderOnTrial: Sendable, CustomTestStringConvertible {
    let what: String
    let provider: any Provider
    /// Inputs that it answers, and that have different answers.
    let inputs: [BSONValue]
    /// One that it refuses.
    var refused: BSONValue?
    /// Makes the next call fail with this; false when it cannot be made to.
    var failWith: (@Sendable (ModelError) -> Bool)?
    /// One that is too long for the model.
    var long: BSONValue?
    /// One that has no answer yet when it is asked first.
    var late: BSONValue?
    /// One that is deferred.
    var deferred: BSONValue?

    var testDescription: String { what }
}

/// What every provider has to do. One test at a time: a provider that is to fail fails the next call, whoever makes it.
@Suite(.serialized) struct ProviderConformance {
    /// One line for each.
    static let all: [ProviderOnTrial] = [.swift, .exec, .openvino, .echo].compactMap { $0 }

    private func values(_ trial: ProviderOnTrial, _ inputs: [BSONValue]) async throws -> [BSONValue] {
        try values(of: try await trial.provider.ask(ProviderBatch(inputs)).answers)
    }

    private func values(of answers: [Answer]) throws -> [BSONValue] {
        try answers.map { answer in
            guard case .value(let value) = answer else { throw NotAValue(answer: "\(answer)") }
            return value
        }
    }

    /// But for the noise of a model's arithmetic.
    private func expectSame(_ ones: [BSONValue], _ others: [BSONValue]) {
        #expect(ones.count == others.count)
        for (one, other) in zip(ones, others) { #expect(OutputComparison(one, other).agrees) }
    }

    struct NotAValue: Error {
        let answer: String
    }

    @Test(arguments: all)
    func anInputHasTheSameAnswerInABatchAsAlone(_ trial: ProviderOnTrial) async throws {
        let together = try await values(trial, trial.inputs)
        for (input, answer) in zip(trial.inputs, together) {
            expectSame(try await values(trial, [input]), [answer])
        }
        // In the order of the inputs.
        expectSame(try await values(trial, trial.inputs.reversed()), together.reversed())
        #expect(Set(together).count == together.count)
    }

    @Test(arguments: all) func aFullBatchHasAnAnswerForEachInput(_ trial: ProviderOnTrial) async throws {
        let inputs = (0..<trial.provider.limits.count).map { trial.inputs[$0 % trial.inputs.count] }
        #expect(try await values(trial, inputs).count == inputs.count)
    }

    @Test(arguments: all) func aRefusalCostsNoNeighbour(_ trial: ProviderOnTrial) async throws {
        guard let refused = trial.refused else { return }
        let alone = try await values(trial, trial.inputs)
        let reply = try await trial.provider.ask(ProviderBatch([refused] + trial.inputs + [refused]))
        let answers = reply.answers
        expectSame(try values(of: Array(answers.dropFirst().dropLast())), alone)
        for answer in [answers.first, answers.last] {
            guard case .refused(let reason)? = answer else {
                Issue.record("\(String(describing: answer)) is no refusal")
                continue
            }
            #expect(!reason.isEmpty)
        }
    }

    @Test(arguments: all) func aBatchThatFailsHasNoAnswerAndTheNextOneHas(
        _ trial: ProviderOnTrial
    ) async throws {
        guard let failWith = trial.failWith else { return }
        for error in [ModelError.unavailable("gone"), .retryAfter(.seconds(2), "busy"), .failed("broken")]
        where failWith(error) {
            do {
                _ = try await trial.provider.ask(ProviderBatch(trial.inputs))
                Issue.record("the call did not fail")
            } catch let thrown as ModelError {
                switch (error, thrown) {
                case (.unavailable, .unavailable), (.failed, .failed): break
                case (.retryAfter(let asked, _), .retryAfter(let told, _)): #expect(asked == told)
                default: Issue.record("\(thrown) in place of \(error)")
                }
            }
            #expect(try await values(trial, trial.inputs).count == trial.inputs.count)
        }
    }

    @Test(arguments: all) func aCallThatIsCancelledDoesNotSpoilTheNext(_ trial: ProviderOnTrial) async throws
    {
        let expected = try await values(trial, trial.inputs)
        let call = Task { try? await trial.provider.ask(ProviderBatch(trial.inputs)) }
        call.cancel()
        // Answered or not: never with other answers.
        if let reply = await call.value { expectSame(try values(of: reply.answers), expected) }
        expectSame(try await values(trial, trial.inputs), expected)
    }

    @Test(arguments: all) func callsSideBySideDoNotMixUpTheirAnswers(_ trial: ProviderOnTrial) async throws {
        let expected = try await values(trial, trial.inputs)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for shift in 0..<8 {
                group.addTask {
                    let order = trial.inputs.indices.map { ($0 + shift) % trial.inputs.count }
                    let answers = try await values(trial, order.map { trial.inputs[$0] })
                    expectSame(answers, order.map { expected[$0] })
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(arguments: all) func whatWasCutIsSaid(_ trial: ProviderOnTrial) async throws {
        guard let long = trial.long else { return }
        let reply = try await trial.provider.ask(ProviderBatch([trial.inputs[0], long]))
        #expect(reply.usage.truncated == [1])
        if let tokens = reply.usage.tokens { #expect(tokens > 0) }
    }

    @Test(arguments: all) func whatIsLateOrDeferredComesWhenItIsAskedAgain(
        _ trial: ProviderOnTrial
    ) async throws {
        if let late = trial.late {
            guard case .later? = try await trial.provider.ask(ProviderBatch([late])).answers.first else {
                Issue.record("it is not late")
                return
            }
            #expect(try await values(trial, [late]).count == 1)
        }
        if let deferred = trial.deferred {
            let first = try await trial.provider.ask(ProviderBatch([trial.inputs[0], deferred])).answers
            guard case .deferred(let id, _) = first[1] else {
                Issue.record("it is not deferred")
                return
            }
            let batch = ProviderBatch([deferred, trial.inputs[0]], deferred: [0: id])
            let second = try await trial.provider.ask(batch).answers
            if case .value = second[0] {} else { Issue.record("\(second[0]) under the id \(id)") }
        }
    }

    @Test(arguments: all) func itNamesWhatItIsAndWhatItTakes(_ trial: ProviderOnTrial) {
        let provider = trial.provider
        #expect(!provider.name.isEmpty && !provider.name.contains(".") && !provider.name.hasPrefix("$"))
        #expect(!provider.version.isEmpty && !provider.account.text.isEmpty)
        #expect(provider.limits.count > 0 && provider.limits.concurrency > 0)
    }
}

extension ProviderOnTrial {
    private static let texts: [BSONValue] = ["", "a", "bc", "def", "ghij"]

    /// A model in Swift.
    static var swift: ProviderOnTrial {
        let script = Scripted()
        return ProviderOnTrial(
            what: "swift", provider: AnyModel(script), inputs: texts, refused: 7,
            failWith: {
                script.fail($0)
                return true
            })
    }

    /// A program. A file beside it says what it does next in place of an answer.
    static var exec: ProviderOnTrial {
        let order = FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString)")
        let program = """
            import json, os, sys
            for line in sys.stdin:
                request = json.loads(line)
                answer = {"id": request["id"]}
                if os.path.exists(sys.argv[1]):
                    with open(sys.argv[1]) as order:
                        answer.update(json.load(order))
                    os.remove(sys.argv[1])
                else:
                    inputs = request["inputs"]
                    bad = [i for i, text in enumerate(inputs) if not isinstance(text, str)]
                    answer["predictions"] = [None if i in bad else len(text) for i, text in enumerate(inputs)]
                    answer["errors"] = {str(i): "expected a text" for i in bad}
                print(json.dumps(answer), flush=True)
            """
        let model = ExecModel(
            name: "lengths", command: ExecCommand(["python3", "-c", program, order.path], directory: "/"),
            workers: 2)
        return ProviderOnTrial(
            what: "exec", provider: AnyModel(model), inputs: texts, refused: 7,
            failWith: { error in
                let text: String
                switch error {
                case .retryAfter(let time, _): text = #"{"retryAfter": \#(time / .seconds(1))}"#
                case .failed: text = #"{"predictions": []}"#
                case .unavailable, .tooLarge: return false
                }
                return (try? Data(text.utf8).write(to: order, options: .atomic)) != nil
            })
    }

    /// The model that `make setup` brings; nil where that was not done.
    static var openvino: ProviderOnTrial? {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let home =
            ProcessInfo.processInfo.environment["LOCKSTEP_HOME"].map { URL(filePath: $0) }
            ?? package.appending(path: ".lockstep")
        let model = home.appending(path: "models/all-MiniLM-L6-v2")
        guard FileManager.default.fileExists(atPath: model.path) else { return nil }
        return ProviderOnTrial(
            what: "openvino",
            provider: OpenVINOProvider(
                name: "minilm", directory: model.path, count: 50,
                openVINO: home.appending(path: "python").path),
            inputs: ["a cat", "the weather of tomorrow", "three green apples"], refused: 7,
            long: BSONValue(String(repeating: "a word ", count: 200)))
    }

    static var echo: ProviderOnTrial {
        let echo = EchoProvider()
        return ProviderOnTrial(
            what: "echo", provider: echo, inputs: texts, refused: "refuse this",
            failWith: {
                echo.fail([$0])
                return true
            }, long: "long text", late: "later", deferred: "defer this")
    }
}
