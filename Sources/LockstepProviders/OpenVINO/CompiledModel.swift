import COpenVINO

/// Owns a compiled model. OpenVINO allows calls of any thread.
struct CompiledModel: ~Copyable, @unchecked Sendable {
    /// The xml file it was read from.
    let place: String
    private let functions: OpenVINOFunctions
    private let handle: OpaquePointer

    init(adopting handle: OpaquePointer, _ functions: OpenVINOFunctions, place: String) {
        self.handle = handle
        self.functions = functions
        self.place = place
    }

    deinit {
        functions.table.pointee.compiled_model_free(handle)
    }

    var inputCount: Int {
        var size = 0
        return functions.table.pointee.compiled_model_inputs_size(handle, &size) == 0 ? size : 0
    }

    func hasInput(_ name: String) -> Bool {
        exists { functions.table.pointee.compiled_model_input_by_name(handle, name, &$0) }
    }

    func hasOutput(_ name: String) -> Bool {
        exists { functions.table.pointee.compiled_model_output_by_name(handle, name, &$0) }
    }

    /// A property as OpenVINO prints it, as `OPTIMAL_NUMBER_OF_INFER_REQUESTS`; nil when it has none of that name.
    func property(_ key: String) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard functions.table.pointee.compiled_model_get_property(handle, key, &value) == 0, let value else {
            return nil
        }
        defer { functions.table.pointee.free(value) }
        return String(cString: value)
    }

    func makeRequest() throws(OpenVINOError) -> InferRequest {
        var request: OpaquePointer?
        let status = functions.table.pointee.compiled_model_create_infer_request(handle, &request)
        guard status == 0, let request else {
            throw OpenVINOError(
                code: .modelUnreadable, operation: "prepare the model", place: place,
                message: functions.reason(status), hint: OpenVINOModelDirectory.hint)
        }
        return InferRequest(adopting: request, functions, place: place)
    }

    private func exists(_ find: (inout OpaquePointer?) -> ov_status_t) -> Bool {
        var port: OpaquePointer?
        guard find(&port) == 0, let port else { return false }
        functions.table.pointee.output_const_port_free(port)
        return true
    }
}
