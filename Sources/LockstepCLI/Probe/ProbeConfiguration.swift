import Lockstep
import LockstepReading

/// The lines that a probe proposes for `lockstep.yaml`.
struct ProbeConfiguration {
    let findings: ProbeFindings
    /// What the model's calls take by now.
    let limits: BatchLimits
    /// The calls that the configuration allows at once; nil where it says nothing.
    let ceiling: Int?
    /// `limits` may stand at the model.
    let takesLimits: Bool

    /// Of the bytes that a request takes, for texts that have more tokens.
    private static let caution = 0.8

    /// The model's entry with these lines; empty when nothing is to be written.
    var text: String {
        guard !lines.isEmpty else { return "" }
        return (["models:", "  \(YAMLText.scalar(findings.model)):"] + lines.map { "    \($0)" })
            .joined(separator: "\n")
    }

    private var lines: [String] {
        var batch: [String] = []
        if let count = findings.inputs?.limit, count < limits.count { batch.append("count: \(count)") }
        if let bytes, bytes < limits.bytes { batch.append("bytes: \(bytes)") }
        var lines = batch.isEmpty ? [] : ["batch: {\(batch.joined(separator: ", "))}"]
        if takesLimits, let concurrency = findings.concurrency, concurrency != ceiling {
            lines.append("limits: {concurrency: \(concurrency)}")
        }
        return lines
    }

    private var bytes: Int? {
        guard let tokens = findings.tokens?.limit else { return nil }
        let bytes = Double(tokens) * findings.bytesPerToken * Self.caution
        return max(1000, Int(bytes / 1000) * 1000)
    }
}
