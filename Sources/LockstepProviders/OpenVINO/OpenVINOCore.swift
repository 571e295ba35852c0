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

    private init(_ functions: OpenVINOFunctions, adopting handle: OpaquePointer) {
        self.functions = functions
        self.handle = handle
    }

    static func load(_ location: OpenVINOLocation) throws(OpenVINOError) -> OpenVINOCore {
        var message = [CChar](repeating: 0, count: 1024)
        guard let table = openvino_load(location.library, &message, message.count) else {
            let reason = String(
                decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw unusable("load OpenVINO", location.library, reason)
        }
        let functions = OpenVINOFunctions(table: table)

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
        return OpenVINOCore(functions, adopting: core)
    }

    deinit {
        functions.table.pointee.core_free(handle)
    }

    /// Reads `xml` and `bin` and compiles them for the CPU.
    func compile(
        xml: String, bin: String, _ properties: KeyValuePairs<String, String>
    ) throws(OpenVINOError) -> CompiledModel {
        let api = functions.table.pointee
        var model: OpaquePointer?
        let read = api.core_read_model(handle, xml, bin, &model)
        guard read == 0, let model else {
            throw Self.unreadable("read the model", xml, functions.reason(read))
        }
        defer { api.model_free(model) }

        let strings = properties.map { (key: CString($0.key), value: CString($0.value)) }
        let pairs = strings.map {
            ov_property_t(key: $0.key.pointer, value: UnsafeRawPointer($0.value.pointer))
        }
        var compiled: OpaquePointer?
        let status = withExtendedLifetime(strings) {
            api.core_compile_model_props(handle, model, "CPU", pairs.count, pairs, &compiled)
        }
        guard status == 0, let compiled else {
            throw Self.unreadable("compile the model", xml, functions.reason(status))
        }
        return CompiledModel(adopting: compiled, functions, place: xml)
    }

    private static func unusable(_ operation: String, _ place: String, _ reason: String) -> OpenVINOError {
        OpenVINOError(
            code: .runtimeUnusable, operation: operation, place: place, message: reason,
            hint: OpenVINORuntime.hint)
    }

    private static func unreadable(_ operation: String, _ place: String, _ reason: String) -> OpenVINOError {
        OpenVINOError(
            code: .modelUnreadable, operation: operation, place: place, message: reason,
            hint: OpenVINOModelDirectory.hint)
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
