import COpenVINO

/// Owns a reference to a tensor; OpenVINO counts the references to its memory.
struct Tensor: ~Copyable {
    let handle: OpaquePointer
    private let functions: OpenVINOFunctions

    init(adopting handle: OpaquePointer, _ functions: OpenVINOFunctions) {
        self.handle = handle
        self.functions = functions
    }

    deinit {
        functions.table.pointee.tensor_free(handle)
    }

    /// The sizes of the dimensions, outermost first; empty when OpenVINO does not say.
    var shape: [Int] {
        var shape = ov_shape_t()
        guard functions.table.pointee.tensor_get_shape(handle, &shape) == 0 else { return [] }
        defer { _ = functions.table.pointee.shape_free(&shape) }
        return UnsafeBufferPointer(start: shape.dims, count: Int(shape.rank)).map { Int($0) }
    }

    /// Lends the elements, laid out row by row; nil when an element has not the size of `Element`.
    ///
    /// Sizes instead of OpenVINO's names of the types: the numbers of those move with its versions.
    func withElements<Element: BitwiseCopyable, Result>(
        as type: Element.Type, _ body: (UnsafeBufferPointer<Element>) -> Result
    ) -> Result? {
        var count = 0
        var bytes = 0
        var data: UnsafeMutableRawPointer?
        let api = functions.table.pointee
        guard api.tensor_get_size(handle, &count) == 0, api.tensor_get_byte_size(handle, &bytes) == 0,
            bytes == count * MemoryLayout<Element>.stride
        else { return nil }
        if count == 0 { return body(UnsafeBufferPointer(start: nil, count: 0)) }
        guard api.tensor_data(handle, &data) == 0, let data else { return nil }
        return body(UnsafeBufferPointer(start: data.assumingMemoryBound(to: Element.self), count: count))
    }

    /// A tensor of its own memory.
    ///
    /// - Parameter type: OpenVINO's number of the type of its elements.
    init(type: Int32, shape: [Int], _ functions: OpenVINOFunctions) throws(OpenVINOError) {
        var tensor: OpaquePointer?
        var sizes = shape.map(Int64.init)
        let status = sizes.withUnsafeMutableBufferPointer { sizes in
            functions.table.pointee.tensor_create(
                type, ov_shape_t(rank: Int64(sizes.count), dims: sizes.baseAddress), &tensor)
        }
        guard status == 0, let tensor else {
            throw OpenVINOError(
                code: .modelUnreadable, operation: "get memory for the model", place: "\(shape)",
                message: functions.reason(status), hint: "Does it fit into this machine's memory?")
        }
        self.init(adopting: tensor, functions)
    }

    /// Lends its memory to be filled.
    func withBytes<Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var bytes = 0
        var data: UnsafeMutableRawPointer?
        let api = functions.table.pointee
        guard api.tensor_get_byte_size(handle, &bytes) == 0 else { return }
        if bytes > 0 { guard api.tensor_data(handle, &data) == 0 else { return } }
        try body(UnsafeMutableRawBufferPointer(start: data, count: bytes))
    }

    /// Whole numbers of 32 or 64 bits; nil when the elements are of another size.
    var integers: [Int32]? {
        withElements(as: Int64.self) { $0.map { Int32(truncatingIfNeeded: $0) } }
            ?? withElements(as: Int32.self) { Array($0) }
    }
}
