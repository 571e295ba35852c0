import COpenVINO
import Foundation
import Synchronization

/// OpenVINO, loaded into this process.
///
/// The libraries are loaded once and stay until the process ends; further values share them. A process
/// should use one OpenVINO: two of different folders meet in the libraries they need.
public struct OpenVINORuntime: Sendable {
    /// What to do when OpenVINO is missing or does not load.
    public static let hint = """
        Install it with `pip install openvino==2026.4.1 openvino-tokenizers==2026.4.1.0` and set OPENVINO_DIR to the \
        folder that holds the packages openvino and openvino_tokenizers, or run `make setup`.
        """

    /// The library in use, as `…/openvino/libs/libopenvino_c.so.2641`.
    public let library: String
    let core: OpenVINOCore

    /// - Parameters:
    ///   - directory: `openvino/libs`, or a folder pip installed into. Default: `$OPENVINO_DIR`, else
    ///     `.lockstep/python` under the current directory.
    ///   - environment: where `OPENVINO_DIR` is looked up. Default: that of the process.
    /// - Throws: `.runtimeNotFound` naming every path that was tried; `.runtimeUnusable` with the loader's reason.
    public static func load(
        directory: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(OpenVINOError) -> OpenVINORuntime {
        let location = try OpenVINOLocation.find(directory: directory, environment: environment)
        let core = try loaded.withLock { (cores) throws(OpenVINOError) in
            if let core = cores[location.library] { return core }
            let core = try OpenVINOCore.load(location)
            cores[location.library] = core
            return core
        }
        return OpenVINORuntime(library: location.library, core: core)
    }

    /// Whether ``load(directory:environment:)`` would find its libraries; loads nothing.
    package static func isInstalled(environment: [String: String]) -> Bool {
        (try? OpenVINOLocation.find(directory: nil, environment: environment)) != nil
    }

    private static let loaded = Mutex<[String: OpenVINOCore]>([:])
}
