public import LockstepCore
import Synchronization

/// A text embedding model in a directory as `optimum-cli export openvino` lays it out, run in process.
///
/// The model is loaded on first use, which takes about a second; all copies of the value share it.
public struct OpenVINOModel: Model {
    public let name: String
    public let version: String
    public let limits: BatchLimits
    public let vectors: VectorFormat
    private let encoder: LazyEncoder

    /// - Parameters:
    ///   - directory: the model's files; see ``openVINOModelFiles(directory:)``.
    ///   - version: changes whenever the files do. Default `"1"`.
    ///   - count: inputs in one call, at most. Default that of ``BatchLimits``.
    ///   - bytes: bytes of inputs in one call, at most. Default that of ``BatchLimits``.
    ///   - openVINO: where OpenVINO is. Default: as ``OpenVINORuntime`` looks for it.
    public init(
        name: String, directory: String, version: String = "1", count: Int? = nil, bytes: Int? = nil,
        vectors: VectorFormat = .bson, openVINO: String? = nil
    ) {
        self.name = name
        self.version = version
        self.vectors = vectors
        var limits = BatchLimits()
        if let count { limits.count = max(1, count) }
        if let bytes { limits.bytes = max(1, bytes) }
        self.limits = limits
        encoder = LazyEncoder(directory: directory, openVINO: openVINO)
    }

    /// - Throws: ``ModelError/unavailable(_:)`` while OpenVINO or the model cannot be loaded.
    public func predict(_ texts: [String]) async throws -> [[Float]] {
        let encoder = try encoder.get(model: name)
        let vectors: [[Float]]
        do throws(OpenVINOError) {
            vectors = try encoder.encode(texts)
        } catch {
            throw ModelError.failed("model `\(name)`: \(error)")
        }
        try Task.checkCancellation()
        return vectors
    }
}

/// Loads the model when it is first asked for; an attempt that failed is made again at the next call.
private final class LazyEncoder: Sendable {
    private let directory: String
    private let openVINO: String?
    private let loaded = Mutex<OpenVINOEncoder?>(nil)

    init(directory: String, openVINO: String?) {
        self.directory = directory
        self.openVINO = openVINO
    }

    func get(model: String) throws(ModelError) -> OpenVINOEncoder {
        try loaded.withLock { (loaded) throws(ModelError) in
            if let loaded { return loaded }
            do throws(OpenVINOError) {
                let encoder = try OpenVINOEncoder.load(
                    directory: directory, runtime: .load(directory: openVINO))
                loaded = encoder
                return encoder
            } catch {
                throw .unavailable("model `\(model)`: \(error)")
            }
        }
    }
}
