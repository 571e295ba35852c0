/// What asking a model has shown of it.
package struct ProbeFindings: Sendable, Hashable {
    /// Where a model stops to read a text.
    package struct Reading: Sendable, Hashable {
        package let end: CutSearch.End
        /// What it counts there; nil when it does not count.
        package var tokens: Int?

        package init(_ end: CutSearch.End, tokens: Int? = nil) {
            self.end = end
            self.tokens = tokens
        }
    }

    /// How large a request may be.
    package struct Size: Sendable, Hashable {
        /// The largest that was taken.
        package let taken: Int
        /// Why a larger one was refused; nil when none was.
        package var refusal: String?

        package init(taken: Int, refusal: String? = nil) {
            self.taken = taken
            self.refusal = refusal
        }

        /// Nil when no request was too large.
        package var limit: Int? { refusal == nil ? nil : taken }
    }

    /// The norms of vectors.
    package struct Norms: Sendable, Hashable {
        private var sum = 0.0
        private var count = 0
        package private(set) var range: ClosedRange<Double>?

        package init() {}

        package mutating func add(_ norm: Double) {
            guard norm.isFinite else { return }
            sum += norm
            count += 1
            range = range.map { min($0.lowerBound, norm)...max($0.upperBound, norm) } ?? norm...norm
        }

        package var mean: Double? { count > 0 ? sum / Double(count) : nil }
    }

    /// What one answer is like.
    package enum Kind: Sendable, Hashable {
        case vector(dimensions: Int)
        /// Vectors of different lengths.
        case vectors
        /// The name of another type.
        case other(String)
    }

    package let model: String
    package var kind: Kind
    package var norms = Norms()
    package var neighbours = NeighbourVerdict()
    package var reading: Reading?
    package var inputs: Size?
    package var tokens: Size?
    package var throughput: [Throughput] = []
    /// The fewest calls at once that bring nearly the most.
    package var concurrency: Int?
    /// What was not tried, and why.
    package var remarks: [String] = []
    package var spending = ProbeSpending()
    /// Of the texts that were sent, for a token.
    package var bytesPerToken = 4.0

    package init(model: String, kind: Kind) {
        self.model = model
        self.kind = kind
    }

    package var dimensions: Int? {
        if case .vector(let dimensions) = kind { dimensions } else { nil }
    }

    /// Outputs would belong to other inputs than they stand at.
    package var isUnfit: Bool {
        neighbours.keepsOrder == false
            || neighbours.keepsSingles == false && (neighbours.worst ?? 0) < NeighbourTrial.same
    }
}
