import COpenVINO

// Bytes. The longest contexts of text encoders, 8,192 tokens, are some 40 KiB of English.
private let longestText = 256 << 10

extension InferRequest {
    /// Gives the model its only input: a string tensor of shape `[texts.count]`.
    ///
    /// C ends a string at a NUL, so NULs are left out, as BERT's own normalizer does. A tokenizer takes up to a
    /// microsecond a byte before it cuts the text off, so what no model reads is cut off here.
    func setOnlyInput(_ texts: some Collection<String>) throws(OpenVINOError) {
        var bytes: [CChar] = []
        bytes.reserveCapacity(texts.reduce(0) { $0 + min($1.utf8.count, longestText) + 1 })
        var starts: [Int] = []
        starts.reserveCapacity(texts.count)
        for text in texts {
            starts.append(bytes.count)
            for byte in text.utf8Prefix(longestText) where byte != 0 { bytes.append(CChar(bitPattern: byte)) }
            bytes.append(0)
        }

        var count = Int64(texts.count)
        var tensor: OpaquePointer?
        let status = bytes.withUnsafeBufferPointer { bytes in
            let pointers = starts.map { bytes.baseAddress.unsafelyUnwrapped + $0 }
            return withUnsafeMutablePointer(to: &count) { count in
                functions.table.pointee.tensor_create_from_string_array(
                    pointers, pointers.count, ov_shape_t(rank: 1, dims: count), &tensor)
            }
        }
        try check(status)
        try setOnlyInput(adopt(tensor))
    }
}

extension String {
    /// The first bytes in UTF-8, at most `limit`, no character of Unicode cut in two.
    fileprivate func utf8Prefix(_ limit: Int) -> Substring.UTF8View {
        guard var end = utf8.index(startIndex, offsetBy: limit, limitedBy: endIndex), end < endIndex else {
            return self[...].utf8
        }
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return utf8[..<end]
    }
}
