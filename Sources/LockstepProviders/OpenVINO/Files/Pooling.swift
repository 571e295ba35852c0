/// How one vector is made of those of a text's tokens; the names are those of `lockstep.yaml`.
struct Pooling: RawRepresentable, Hashable, Sendable {
    let rawValue: String

    init(rawValue: String) {
        self.rawValue = rawValue
    }

    static let mean = Self(rawValue: "mean")
    /// The first token's.
    static let cls = Self(rawValue: "cls")
    static let last = Self(rawValue: "last")
    static let max = Self(rawValue: "max")
    /// The sum, divided by the root of their number.
    static let meanOfRoot = Self(rawValue: "mean_sqrt_len")
    /// The mean, where the n-th token weighs n.
    static let weightedMean = Self(rawValue: "weightedmean")

    /// What `pooling:` may say.
    static let configurable = [mean, cls, last]

    /// Adds the vector of one text to `vector`, as sentence-transformers pools (https://arxiv.org/abs/1908.10084).
    ///
    /// - Parameter tokens: `count` vectors of `size` numbers, the real tokens alone; zeros come of none.
    func append(_ tokens: UnsafePointer<Float>, count: Int, size: Int, to vector: inout [Float]) {
        let start = vector.count
        vector.append(contentsOf: repeatElement(0, count: size))
        guard count > 0 else { return }
        vector.withUnsafeMutableBufferPointer { whole in
            guard let vector = whole.baseAddress.map({ $0 + start }) else { return }
            func sum(_ weight: (Int) -> Float) {
                for token in 0..<count {
                    let weight = weight(token)
                    let row = tokens + token * size
                    for index in 0..<size { vector[index] += weight * row[index] }
                }
            }
            func divide(by divisor: Float) {
                for index in 0..<size { vector[index] /= divisor }
            }
            switch self {
            case .cls: vector.update(from: tokens, count: size)
            case .last: vector.update(from: tokens + (count - 1) * size, count: size)
            case .max:
                vector.update(from: tokens, count: size)
                for token in 1..<Swift.max(1, count) {
                    for index in 0..<size {
                        vector[index] = Swift.max(vector[index], tokens[token * size + index])
                    }
                }
            case .weightedMean:
                sum { Float($0 + 1) }
                divide(by: Float(count * (count + 1) / 2))
            default:
                sum { _ in 1 }
                divide(by: self == .meanOfRoot ? Float(count).squareRoot() : Float(count))
            }
        }
    }
}

/// Gives a vector the norm 1; one of zeros stays.
func normalize(_ vector: inout [Float]) {
    let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard norm > 0 else { return }
    for index in vector.indices { vector[index] /= norm }
}
