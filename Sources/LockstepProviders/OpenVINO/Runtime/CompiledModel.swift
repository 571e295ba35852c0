import COpenVINO

/// Owns a compiled model. OpenVINO allows calls of any thread.
struct CompiledModel: ~Copyable, @unchecked Sendable {
    /// The xml file it was read from.
    let place: String
    let functions: OpenVINOFunctions
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

    /// OpenVINO's number of the type of an input's elements; nil when it has no input of that name.
    func inputType(_ name: String) -> Int32? {
        var port: OpaquePointer?
        guard functions.table.pointee.compiled_model_input_by_name(handle, name, &port) == 0, let port else {
            return nil
        }
        defer { functions.table.pointee.output_const_port_free(port) }
        var type: Int32 = 0
        return functions.table.pointee.port_get_element_type(port, &type) == 0 ? type : nil
    }

    func hasOutput(_ name: String) -> Bool {
        var port: OpaquePointer?
        guard functions.table.pointee.compiled_model_output_by_name(handle, name, &port) == 0, let port else {
            return false
        }
        functions.table.pointee.output_const_port_free(port)
        return true
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
                message: functions.reason(status), hint: OpenVINOError.modelHint)
        }
        return InferRequest(adopting: request, functions, place: place)
    }
}
