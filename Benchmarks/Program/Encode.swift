import ArgumentParser
import Foundation
import LockstepCore
import LockstepEngine
import LockstepProviders
import MongoBSON

/// Asks the encoder alone, as rounds do: a thousand texts a call, two calls at a time.
struct Encode: AsyncParsableCommand {
    @Option var model: String
    @Option(help: "A text a line.") var texts: String
    @Option(help: "Inputs in one call.") var batch = 1000

    func run() async throws {
        let provider = OpenVINOProvider(name: "minilm", directory: model)
        let lines = try String(contentsOfFile: texts, encoding: .utf8).split(separator: "\n")
        let values = lines.map { BSONValue(String($0)) }
        // Loaded, and its kernels made, before the clock runs.
        _ = try await provider.ask(ProviderBatch(Array(values.prefix(64))))
        let calls = stride(from: 0, to: values.count, by: batch).map {
            Array(values[$0..<min($0 + batch, values.count)])
        }
        let threads = BlockingThreads(name: "encode")
        let measure = Measure()
        var tokens = 0
        try await withThrowingTaskGroup(of: Int.self) { group in
            for (number, call) in calls.enumerated() {
                if number >= provider.limits.concurrency { tokens += try await group.next() ?? 0 }
                group.addTask(executorPreference: threads) {
                    try await provider.ask(ProviderBatch(call)).usage.tokens ?? 0
                }
            }
            for try await more in group { tokens += more }
        }
        measure.print(["count": values.count, "tokens": tokens])
    }
}
