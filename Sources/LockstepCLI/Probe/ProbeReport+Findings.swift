import Lockstep
import LockstepAPI

extension API.ProbeReport {
    init(_ findings: ProbeFindings, configuration: String) {
        self.init(
            model: findings.model, dimensions: findings.dimensions,
            norm: findings.norms.mean.map { Self.rounded($0, to: 1e-6) },
            keepsOrder: findings.neighbours.keepsOrder, keepsSingles: findings.neighbours.keepsSingles,
            truncatesAt: findings.reading?.cut, requestLimit: findings.inputs?.limit,
            tokensPerRequest: findings.tokens?.limit,
            throughput: findings.throughput.map {
                Throughput(concurrency: $0.concurrency, perSecond: Self.rounded($0.perSecond, to: 0.1))
            }, configuration: configuration)
    }
}

extension API.ProbeReport {
    private static func rounded(_ value: Double, to unit: Double) -> Double {
        (value / unit).rounded() / (1 / unit).rounded()
    }
}

extension ProbeFindings.Reading {
    /// In tokens where the model counts them, else in words; nil when nothing is cut.
    fileprivate var cut: Int? {
        guard case .cut(let words) = end else { return nil }
        return tokens ?? words
    }
}
