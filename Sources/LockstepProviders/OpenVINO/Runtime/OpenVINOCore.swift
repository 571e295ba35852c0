import COpenVINO

/// The functions of a loaded library. Never unloaded, never changed: any thread may call them.
struct OpenVINOFunctions: @unchecked Sendable {
    let table: UnsafePointer<openvino_api>

    /// OpenVINO's reason for `status`: the exception's text where there is one, on one line.
    func reason(_ status: ov_status_t) -> String {
        let summary = String(cString: table.pointee.get_error_info(status))
        guard let last = table.pointee.get_last_err_msg() else { return summary }
        let detail = String(cString: last).split(whereSeparator: \.isNewline).joined(separator: " ")
        return detail.isEmpty ? summary : detail
    }
}

/// OpenVINO's core with the tokenizers' operations added. One a library, kept until the process ends;
/// OpenVINO allows calls of any thread.
final class OpenVINOCore: @unchecked Sendable {
    let functions: OpenVINOFunctions
    private let handle: OpaquePointer
    private let byteType: Int32

    private init(_ functions: OpenVINOFunctions, adopting handle: OpaquePointer, byteType: Int32) {
        self.functions = functions
        self.handle = handle
        self.byteType = byteType
    }

    static func load(_ location: OpenVINOLocation) throws(OpenVINOError) -> OpenVINOCore {
        var message = [CChar](repeating: 0, count: 1024)
        guard let table = openvino_load(location.library, &message, message.count) else {
            let reason = String(
                decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw unusable("load OpenVINO", location.library, reason)
        }
        let functions = OpenVINOFunctions(table: table)
        try LibraryVersions.read(functions, location).check()

        var core: OpaquePointer?
        let created = table.pointee.core_create(&core)
        guard created == 0, let core else {
            throw unusable("start OpenVINO", location.library, functions.reason(created))
        }
        let added = table.pointee.core_add_extension(core, location.tokenizers)
        guard added == 0 else {
            table.pointee.core_free(core)
            throw unusable("add the tokenizers", location.tokenizers, functions.reason(added))
        }
        return OpenVINOCore(functions, adopting: core, byteType: try byteType(functions))
    }

    deinit {
        functions.table.pointee.core_free(handle)
    }

    /// Compiles a model of which the text and the weights are given; it keeps the weights as long as it needs them.
    ///
    /// - Parameter place: the file they are of, for messages.
    func compile(
        _ xml: [UInt8], weights: borrowing Tensor, place: String, device: String,
        _ properties: KeyValuePairs<String, String>
    ) throws(OpenVINOError) -> CompiledModel {
        let api = functions.table.pointee
        var model: OpaquePointer?
        // OpenVINO takes the text for one that ends with a NUL.
        let text = xml.map { CChar(bitPattern: $0) } + [0]
        let read = api.core_read_model_from_memory_buffer(handle, text, xml.count, weights.handle, &model)
        guard read == 0, let model else {
            throw Self.unreadable("read the model", place, functions.reason(read))
        }
        defer { api.model_free(model) }

        let strings = properties.map { (key: CString($0.key), value: CString($0.value)) }
        let pairs = strings.map {
            ov_property_t(key: $0.key.pointer, value: UnsafeRawPointer($0.value.pointer))
        }
        var compiled: OpaquePointer?
        let status = withExtendedLifetime(strings) {
            api.core_compile_model_props(handle, model, device, pairs.count, pairs, &compiled)
        }
        guard status == 0, let compiled else {
            if let known = devices, !known.contains(where: device.contains), device != "AUTO" {
                throw OpenVINOError(
                    code: .runtimeUnusable, operation: "use the device \(device)", place: place,
                    message: "OpenVINO finds \(known.joined(separator: ", ")) on this machine",
                    hint: "Take `device` out, or write one of these; a GPU or NPU needs its driver.")
            }
            throw Self.unreadable("compile the model", place, functions.reason(status))
        }
        return CompiledModel(adopting: compiled, functions, place: place)
    }

    /// Memory of that many bytes, for weights.
    func bytes(_ count: Int) throws(OpenVINOError) -> Tensor {
        try Tensor(type: byteType, shape: [count], functions)
    }

    /// As `CPU` and `GPU.0`; nil when OpenVINO does not say.
    private var devices: [String]? {
        var list = ov_available_devices_t()
        guard functions.table.pointee.core_get_available_devices(handle, &list) == 0 else { return nil }
        defer { functions.table.pointee.available_devices_free(&list) }
        return UnsafeBufferPointer(start: list.devices, count: list.size).compactMap {
            $0.map { String(cString: $0) }
        }
    }

    /// The number of a type whose elements take a byte, found by trying: the numbers move with the versions.
    private static func byteType(_ functions: OpenVINOFunctions) throws(OpenVINOError) -> Int32 {
        for type in Int32(1)...32 {
            guard let tensor = try? Tensor(type: type, shape: [16], functions) else { continue }
            if tensor.withElements(as: UInt8.self, { $0.count }) == 16 { return type }
        }
        throw unusable("use OpenVINO", "", "it has no type of a byte")
    }

    private static func unusable(_ operation: String, _ place: String, _ reason: String) -> OpenVINOError {
        OpenVINOError(
            code: .runtimeUnusable, operation: operation, place: place, message: reason,
            hint: OpenVINORuntime.hint)
    }

    private static func unreadable(_ operation: String, _ place: String, _ reason: String) -> OpenVINOError {
        OpenVINOError(
            code: .modelUnreadable, operation: operation, place: place, message: reason,
            hint: OpenVINOError.modelHint)
    }
}

/// A copy of a string for C, freed with the last reference.
private final class CString {
    let pointer: UnsafePointer<CChar>

    init(_ text: String) {
        let bytes = text.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() { copy[index] = byte }
        pointer = UnsafePointer(copy)
    }

    deinit {
        pointer.deallocate()
    }
}
