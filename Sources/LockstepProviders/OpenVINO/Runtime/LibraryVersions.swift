import COpenVINO
import Foundation

/// The versions of OpenVINO and of its tokenizers, which have to be the same: two of different versions end the process
/// when the one is added to the other.
struct LibraryVersions {
    /// As `2026.4.1`; nil when it does not say.
    var openvino: String?
    /// Of the package beside it, as `2026.4.1.0`; nil where it was installed otherwise.
    var tokenizers: String?
    /// The name of OpenVINO's library that the tokenizers ask the loader for.
    var wanted: String?
    /// Those that stand beside the library in use.
    var present: [String] = []
    var place = ""

    init(openvino: String?, tokenizers: String?, wanted: String? = nil, present: [String] = []) {
        self.openvino = openvino
        self.tokenizers = tokenizers
        self.wanted = wanted
        self.present = present
    }

    static func read(_ functions: OpenVINOFunctions, _ location: OpenVINOLocation) -> LibraryVersions {
        var versions = LibraryVersions(openvino: nil, tokenizers: nil)
        var version = ov_version_t()
        if functions.table.pointee.get_version(&version) == 0 {
            versions.openvino = version.build_number.flatMap { number(String(cString: $0)) }
            functions.table.pointee.version_free(&version)
        }
        versions.place = location.tokenizers
        let package = URL(filePath: location.tokenizers).deletingLastPathComponent()
            .deletingLastPathComponent()
        if let file = FileManager.default.contents(atPath: package.appending(path: "__version__.py").path) {
            versions.tokenizers = number(String(decoding: file, as: UTF8.self))
        }
        versions.wanted = library(in: location.tokenizers)
        let folder = URL(filePath: location.library).deletingLastPathComponent().path
        versions.present = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return versions
    }

    /// - Throws: `.runtimeUnusable` with the pair to install.
    func check() throws(OpenVINOError) {
        let fitting = openvino.flatMap { openvino in tokenizers.map { Self.fit(openvino, $0) } }
        let isMissing = wanted.map { !present.isEmpty && !present.contains($0) } ?? false
        guard fitting == false || (fitting == nil && isMissing) else { return }
        let pair = openvino.map { "`pip install openvino==\($0) openvino-tokenizers==\($0).0`" }
        throw OpenVINOError(
            code: .runtimeUnusable, operation: "add the tokenizers", place: place,
            message:
                "openvino is \(openvino ?? "of another version") and openvino-tokenizers \(tokenizers ?? "for \(wanted ?? "another")"), which do not fit each other",
            hint: pair.map { "Install the pair: \($0)." } ?? OpenVINORuntime.hint)
    }

    /// The first three numbers are to be the same.
    private static func fit(_ one: String, _ other: String) -> Bool {
        let (one, other) = (one.split(separator: ".").prefix(3), other.split(separator: ".").prefix(3))
        return one.elementsEqual(other)
    }

    /// The first version in the text: numbers with points between them.
    static func number(_ text: String) -> String? {
        text.firstMatch(of: /[0-9]{4}(?:\.[0-9]+){2,3}/).map { String($0.output) }
    }

    private static func library(in file: String) -> String? {
        guard let bytes = try? Data(contentsOf: URL(filePath: file), options: .mappedIfSafe),
            let range = bytes.range(of: Data("libopenvino.so.".utf8))
        else { return nil }
        let rest = bytes[range.upperBound...].prefix { (0x30...0x39).contains($0) }
        return "libopenvino.so." + String(decoding: rest, as: UTF8.self)
    }
}
