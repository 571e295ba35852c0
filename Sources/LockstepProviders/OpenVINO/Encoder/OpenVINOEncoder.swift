import Synchronization

/// An encoder that is loaded when it is first asked, and anew after a failure.
///
/// It computes in the precision OpenVINO takes for the machine: bfloat16 where the processor multiplies it in
/// hardware, else float32. Vectors of the two differ by a cosine of less than 1e-4, and those of one text in
/// different batches by less than that.
final class OpenVINOEncoder: Sendable {
    private let source: EncoderSource
    private let openVINO: String?
    private let isCurrent: @Sendable (_ loaded: String) -> Bool
    /// The one in use; nil before the first call, and after a failure.
    private let current = Mutex<LoadedEncoder?>(nil)

    /// - Parameters:
    ///   - openVINO: where OpenVINO is; nil: as ``OpenVINORuntime`` looks for it.
    ///   - isCurrent: whether the files are those of the version in use, given the version of what was loaded.
    init(
        _ source: EncoderSource, openVINO: String?, isCurrent: @escaping @Sendable (_ loaded: String) -> Bool
    ) {
        self.source = source
        self.openVINO = openVINO
        self.isCurrent = isCurrent
    }

    private func load() throws(OpenVINOError) -> LoadedEncoder {
        let loaded = try LoadedEncoder.load(source, .load(directory: openVINO))
        guard isCurrent(loaded.version) else { throw OpenVINOError.changed(source.directory.path) }
        return loaded
    }

    /// The loaded model; it is loaded if need be.
    func loaded() throws(OpenVINOError) -> LoadedEncoder {
        try current.withLock { (current) throws(OpenVINOError) in
            if let current { return current }
            let encoder = try load()
            current = encoder
            return encoder
        }
    }

    /// What comes of each text. A failure counts only once a freshly compiled model, which nobody else has used, fails on
    /// the same texts.
    ///
    /// - Throws: `.inferenceFailed` when the texts are to blame; anything else when the model cannot be loaded.
    func encode(_ texts: [String]) throws(OpenVINOError) -> (EncodedTexts, LoadedEncoder) {
        let first = try loaded()
        do throws(OpenVINOError) {
            return (try first.encode(texts), first)
        } catch  where error.code == .inferenceFailed {
            return try encodeAnew(texts, after: first)
        }
    }

    /// Holds all other calls up meanwhile: none may break the new model, and there is memory for one.
    private func encodeAnew(
        _ texts: [String], after failed: LoadedEncoder
    ) throws(OpenVINOError) -> (EncodedTexts, LoadedEncoder) {
        try current.withLock { (current) throws(OpenVINOError) in
            // Another call may have loaded one since.
            if current === failed { current = nil }
            let fresh = try load()
            let encoded = try fresh.encode(texts)
            current = fresh
            return (encoded, fresh)
        }
    }
}

extension OpenVINOError {
    /// The files are not those that the configuration was read with.
    fileprivate static func changed(_ directory: String) -> OpenVINOError {
        OpenVINOError(
            code: .modelChanged, operation: "load the model", place: directory,
            message: "its files have changed since the configuration was read",
            hint: "`lockstep reload` takes the new ones, and computes what the old ones gave anew.")
    }
}
