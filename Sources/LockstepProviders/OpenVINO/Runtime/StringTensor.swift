import COpenVINO

extension InferRequest {
    /// Gives the model its only input: a string tensor of shape `[texts.count]`.
    ///
    /// C ends a string at a NUL, so NULs are left out, as BERT's own normalizer does.
    func setOnlyInput(_ texts: some Collection<Substring.UTF8View>) throws(OpenVINOError) {
        var bytes: [CChar] = []
        bytes.reserveCapacity(texts.reduce(0) { $0 + $1.count + 1 })
        var starts: [Int] = []
        starts.reserveCapacity(texts.count)
        for text in texts {
            starts.append(bytes.count)
            for byte in text where byte != 0 { bytes.append(CChar(bitPattern: byte)) }
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
