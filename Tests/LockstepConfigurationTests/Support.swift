import Foundation
import LockstepConfiguration
import LockstepProviders
import LockstepReading
import Testing

func parse(_ text: String, environment: [String: String] = [:]) throws(ConfigurationError) -> Configuration {
    try Configuration.parse(
        Array(text.utf8), file: "lockstep.yaml", directory: "/srv/shop", environment: environment)
}

/// The problems of a text, as they are printed; none when it is right.
func problems(_ text: String, environment: [String: String] = [:]) -> [String] {
    do throws(ConfigurationError) {
        _ = try parse(text, environment: environment)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// What the provider of a model has read; nil when it is another provider's.
func provider<Spec: ProviderSpec>(_ name: String, of configuration: Configuration) -> Spec? {
    configuration.models[name]?.provider as? Spec
}

/// Line 1 and 2: the start of a right file.
let mongodb = "mongodb: {uri: mongodb://127.0.0.1, database: shop}\n"

/// A file with these listeners, from line 6 on, over models `minilm` and `length`.
func file(listeners: String) -> String {
    """
    mongodb: {uri: mongodb://127.0.0.1, database: shop}
    models:
      minilm: {openvino: models/minilm}
      length: {exec: [python3, length.py]}
    listeners:
    \(listeners)
    """
}

/// A folder of its own, removed with the value.
final class Folder {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("lockstep-configuration-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func write(_ name: String, _ text: String) throws {
        try write(name, Array(text.utf8))
    }
}
