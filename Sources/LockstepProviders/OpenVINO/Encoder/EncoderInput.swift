/// The rows of a batch as an encoder takes them: texts beside each other, filled up to the longest behind their ends.
///
/// Behind the end whatever the tokenizer does: the mask keeps what fills up out of a model that looks both ways, and one
/// that looks back alone does not see it.
struct EncoderInput {
    let rows: TokenRows
    let batch: [Int]
    let padding: Int32
    /// The position of the first token.
    let firstPosition: Int32

    var length: Int { max(1, batch.map(rows.count).max() ?? 1) }

    /// The number of that input at each place.
    func fill(_ name: String, _ put: (Int, Int32) -> Void) {
        let length = length
        for (row, place) in batch.enumerated() {
            let tokens = rows[place]
            for column in 0..<length {
                let isToken = column < tokens.count
                let value: Int32 =
                    switch name {
                    case TensorName.ids: isToken ? rows.ids[tokens.lowerBound + column] : padding
                    case TensorName.mask: isToken ? 1 : 0
                    case TensorName.types:
                        isToken && !rows.types.isEmpty ? rows.types[tokens.lowerBound + column] : 0
                    // What fills up has the position of the last that no token has, where there are such.
                    default: isToken ? firstPosition + Int32(column) : max(0, firstPosition - 1)
                    }
                put(row * length + column, value)
            }
        }
    }
}
