import COpenVINO

/// Owns one run of a compiled model with its tensors. One thread at a time.
struct InferRequest: ~Copyable {
    let functions: OpenVINOFunctions
    let place: String
    private let handle: OpaquePointer

    init(adopting handle: OpaquePointer, _ functions: OpenVINOFunctions, place: String) {
        self.handle = handle
        self.functions = functions
        self.place = place
    }

    deinit {
        // Of a run that was given up the model may still be writing into the tensors.
        _ = functions.table.pointee.infer_request_wait(handle)
        functions.table.pointee.infer_request_free(handle)
    }

    func setOnlyInput(_ tensor: borrowing Tensor) throws(OpenVINOError) {
        try check(functions.table.pointee.infer_request_set_input_tensor(handle, tensor.handle))
    }

    func setInput(_ name: String, _ tensor: borrowing Tensor) throws(OpenVINOError) {
        try check(functions.table.pointee.infer_request_set_tensor(handle, name, tensor.handle))
    }

    /// The tensor of that name: a view of the request's memory, good until it runs again.
    func tensor(_ name: String) throws(OpenVINOError) -> Tensor {
        var tensor: OpaquePointer?
        try check(functions.table.pointee.infer_request_get_tensor(handle, name, &tensor))
        return try adopt(tensor)
    }

    /// The output at that place: a view of the request's memory, good until it runs again.
    func output(_ index: Int) throws(OpenVINOError) -> Tensor {
        var tensor: OpaquePointer?
        try check(functions.table.pointee.infer_request_get_output_tensor_by_index(handle, index, &tensor))
        return try adopt(tensor)
    }

    /// The elements of an output of whole numbers.
    func integers(_ name: String) throws(OpenVINOError) -> [Int32] {
        guard let numbers = try tensor(name).integers else {
            throw OpenVINOError.unsupported(place, "its output \(name) is not of whole numbers")
        }
        return numbers
    }

    /// Runs and returns when it is done.
    func infer() throws(OpenVINOError) {
        try check(functions.table.pointee.infer_request_infer(handle))
    }

    /// Starts to run; `wait` before the tensors are touched.
    func start() throws(OpenVINOError) {
        try check(functions.table.pointee.infer_request_start_async(handle))
    }

    func wait() throws(OpenVINOError) {
        try check(functions.table.pointee.infer_request_wait(handle))
    }

    func check(_ status: ov_status_t) throws(OpenVINOError) {
        guard status != 0 else { return }
        throw failure(functions.reason(status))
    }

    func failure(_ reason: String) -> OpenVINOError {
        OpenVINOError(
            code: .inferenceFailed, operation: "run the model", place: place, message: reason,
            hint: "If other texts work, it is these; if none does, the model. \(OpenVINOError.modelHint)")
    }

    func adopt(_ tensor: OpaquePointer?) throws(OpenVINOError) -> Tensor {
        guard let tensor else { throw failure("OpenVINO gave no tensor") }
        return Tensor(adopting: tensor, functions)
    }
}
