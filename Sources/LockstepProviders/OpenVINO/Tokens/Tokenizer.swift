import Synchronization

/// A model's tokenizer: texts to tokens, as many as the encoder reads. Any thread may call it.
final class Tokenizer: Sendable {
    let cut: TokenCut
    /// The number of the token that fills rows up; nil when the tokenizer did not show it.
    let padding: Int32?

    private let model: CompiledModel
    private let hasTypes: Bool
    private let piece: TextPiece
    /// Where the tokenizer cuts texts by itself and that could not be taken out: a text of so many tokens counts as cut.
    private let ownLimit: Int?
    private let idle: Mutex<[Request]>

    /// Used by one thread at a time.
    private final class Request: @unchecked Sendable {
        let infer: InferRequest
        init(_ infer: consuming InferRequest) { self.infer = infer }
    }

    /// - Throws: `.modelUnsupported` when it gives no tokens, `.inferenceFailed` when it does not work.
    static func make(
        _ model: consuming CompiledModel, limit: Int, cutsLeft: Bool
    ) throws(OpenVINOError) -> Tokenizer {
        guard model.inputCount == 1 else {
            throw OpenVINOError.unsupported(
                model.place, "it takes \(model.inputCount) inputs instead of one")
        }
        for name in [TensorName.ids, TensorName.mask] where !model.hasOutput(name) {
            throw OpenVINOError.unsupported(model.place, "it has no output \(name)")
        }
        let hasTypes = model.hasOutput(TensorName.types)
        let request = Request(try model.makeRequest())
        let piece = TextPiece(limit: limit, cutsLeft: cutsLeft)
        let probes = try run(request, TokenFrame.probes, piece, hasTypes)
        let frame = TokenFrame(probes.rows.map(\.ids))
        let cut = TokenCut(limit: limit, frame: frame, cutsLeft: cutsLeft)
        // Longer than what is read by more than any frame.
        let long = String(repeating: "a ", count: limit + 64)
        let length = try run(request, [long], TextPiece(limit: limit + 128, cutsLeft: false), hasTypes)
            .rows[0].ids.count
        return Tokenizer(
            model, cut: cut, padding: probes.padding, hasTypes: hasTypes, piece: piece,
            ownLimit: length <= limit ? length : nil, request)
    }

    private init(
        _ model: consuming CompiledModel, cut: TokenCut, padding: Int32?, hasTypes: Bool, piece: TextPiece,
        ownLimit: Int?, _ request: Request
    ) {
        self.model = model
        self.cut = cut
        self.padding = padding
        self.hasTypes = hasTypes
        self.piece = piece
        self.ownLimit = ownLimit
        idle = Mutex([request])
    }

    /// The tokens of each text; NULs in a text are ignored.
    func tokens(of texts: [String]) throws(OpenVINOError) -> TokenRows {
        let request: Request
        if let waiting = idle.withLock({ $0.popLast() }) {
            request = waiting
        } else {
            request = Request(try model.makeRequest())
        }
        var rows = TokenRows(count: texts.count)
        let again = try tokenize(texts, Array(texts.indices), most: piece.firstBytes, request, into: &rows)
        // Few texts have so few tokens in so many bytes.
        _ = try tokenize(texts, again, most: piece.mostBytes, request, into: &rows)
        idle.withLock { $0.append(request) }
        return rows
    }

    /// - Returns: the places of texts of which more is to be read.
    private func tokenize(
        _ texts: [String], _ places: [Int], most: Int, _ request: Request, into rows: inout TokenRows
    ) throws(OpenVINOError) -> [Int] {
        var again: [Int] = []
        let lengths = places.map { min(texts[$0].utf8.count, most) }
        for call in TextPiece.calls(bytes: lengths) {
            if Task.isCancelled { break }
            let batch = call.map { places[$0] }
            let found = try Self.run(request, batch.map { texts[$0] }, piece, hasTypes, most: most)
            for (place, row) in zip(batch, found.rows) {
                let isPart = texts[place].utf8.count > most
                if isPart, most < piece.mostBytes, !piece.suffices(tokens: row.ids.count) {
                    again.append(place)
                    continue
                }
                let isCut =
                    isPart && piece.leavesText(of: texts[place], most: most)
                    || ownLimit.map { row.ids.count >= $0 } == true
                rows.set(place, ids: row.ids, types: row.types, cut, isCut: isCut)
            }
        }
        return again
    }

    private struct Found {
        var rows: [(ids: [Int32], types: [Int32])] = []
        var padding: Int32?
    }

    private static func run(
        _ request: Request, _ texts: [String], _ piece: TextPiece, _ hasTypes: Bool, most: Int? = nil
    ) throws(OpenVINOError) -> Found {
        let most = most ?? piece.mostBytes
        try request.infer.setOnlyInput(texts.lazy.map { piece.bytes(of: $0, most: most) })
        try request.infer.infer()
        let ids = try request.infer.integers(TensorName.ids)
        let mask = try request.infer.integers(TensorName.mask)
        let types = hasTypes ? try request.infer.integers(TensorName.types) : []
        guard !texts.isEmpty, ids.count % texts.count == 0, mask.count == ids.count,
            types.isEmpty || types.count == ids.count
        else {
            throw OpenVINOError.unsupported(
                request.infer.place,
                "its outputs for \(texts.count) texts have \(ids.count) and \(mask.count) numbers")
        }
        let length = ids.count / texts.count
        var found = Found()
        for row in 0..<texts.count {
            let places = (row * length..<(row + 1) * length).filter { mask[$0] != 0 }
            if places.count < length, found.padding == nil {
                found.padding = (row * length..<(row + 1) * length).first { mask[$0] == 0 }.map { ids[$0] }
            }
            found.rows.append((places.map { ids[$0] }, types.isEmpty ? [] : places.map { types[$0] }))
        }
        return found
    }
}
