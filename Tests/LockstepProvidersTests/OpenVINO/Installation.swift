import Foundation
import Testing

@testable import LockstepProviders

/// What `make setup` put into `$LOCKSTEP_HOME`, default `.lockstep` in the package.
enum Installation {
    static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let home =
        ProcessInfo.processInfo.environment["LOCKSTEP_HOME"].map { URL(filePath: $0) }
        ?? package.appending(path: ".lockstep")
    static let model = home.appending(path: "models/all-MiniLM-L6-v2")

    static func runtime() throws -> OpenVINORuntime {
        do {
            return try OpenVINORuntime.load(directory: home.appending(path: "python").path, environment: [:])
        } catch {
            throw Missing(reason: "\(error)")
        }
    }

    static func encoder() throws -> LoadedEncoder {
        do {
            return try shared.get()
        } catch {
            throw Missing(reason: "\(error)")
        }
    }

    // Loaded once for all tests: it takes half a second.
    private static let shared = Result {
        try LoadedEncoder.load(EncoderSource(directory: model.path), runtime())
    }

    /// Where `Fixtures/small-encoders.py` has put its models, each beside MiniLM's tokenizer.
    static func small(_ name: String) throws -> ModelCopy {
        let made = try smallOnes.get().appending(path: name)
        let copy = try ModelCopy(only: ["openvino_tokenizer.xml", "openvino_tokenizer.bin"])
        for file in ["openvino_model.xml", "openvino_model.bin"] {
            try FileManager.default.copyItem(at: made.appending(path: file), to: copy.file(file))
        }
        return copy
    }

    private static let smallOnes = Result {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "lockstep-small-encoders-\(ProcessInfo.processInfo.processIdentifier)")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3",
            package.appending(path: "Tests/LockstepProvidersTests/Fixtures/small-encoders.py").path,
            home.appending(path: "python").path, folder.path,
        ]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Missing(reason: "small-encoders.py failed") }
        return folder
    }

    struct Missing: Error, CustomStringConvertible {
        let reason: String
        var description: String { "run `make setup` first: \(reason)" }
    }
}

/// A copy of the model that a test may break.
struct ModelCopy {
    let directory: URL

    /// - Parameter names: the files to copy; nil: all.
    init(only names: [String]? = nil) throws {
        directory = FileManager.default.temporaryDirectory.appending(
            path: "lockstep-model-\(UUID().uuidString)")
        guard FileManager.default.fileExists(atPath: Installation.model.path) else {
            throw Installation.Missing(reason: "there is no \(Installation.model.path)")
        }
        guard let names else {
            try FileManager.default.copyItem(at: Installation.model, to: directory)
            return
        }
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for name in names {
            try FileManager.default.copyItem(at: Installation.model.appending(path: name), to: file(name))
        }
    }

    func file(_ name: String) -> URL {
        directory.appending(path: name)
    }

    func write(_ text: String, to name: String) throws {
        let place = file(name)
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: place)
    }

    func load(_ settings: EncoderSettings = EncoderSettings()) throws -> LoadedEncoder {
        try LoadedEncoder.load(
            EncoderSource(directory: directory.path, settings: settings), Installation.runtime())
    }

    func remove() {
        try? FileManager.default.removeItem(at: directory)
    }
}
