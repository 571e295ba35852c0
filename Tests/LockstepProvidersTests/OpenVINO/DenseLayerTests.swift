import Foundation
import Testing

@testable import LockstepProviders

@Suite struct DenseLayerTests {
    /// A folder with a dense layer as sentence-transformers lays it out.
    private static func folder(_ config: String, _ header: String, _ data: [UInt8]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(config.utf8).write(to: folder.appending(path: "config.json"))
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        try Data(length + Array(header.utf8) + data).write(to: folder.appending(path: "model.safetensors"))
        return folder.path
    }

    private static let config = #"{"activation_function": "torch.nn.modules.linear.Identity"}"#
    private static func header(_ type: String, _ end: Int) -> String {
        #"{"linear.weight": {"dtype": "\#(type)", "shape": [1, 2], "data_offsets": [0, \#(end)]}}"#
    }

    @Test(
        arguments: [
            ("F32", [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]), ("F16", [0, 0x3C, 0, 0xC0]),
            ("BF16", [0x80, 0x3F, 0, 0xC0]),
        ] as [(String, [UInt8])])
    func weightsAreReadInTheTypesOfFiles(type: String, data: [UInt8]) throws {
        let folder = try Self.folder(Self.config, Self.header(type, data.count), data)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let layer = try DenseLayer.read(folder: folder)
        #expect(layer.weights == [1, -2] && layer.inputs == 2 && layer.outputs == 1)
        #expect(layer.apply([3, 1]) == [1])
    }

    @Test(arguments: [
        (config, header("I8", 2), "can be read"), (config, header("F32", 800), "can be read"),
        (config, "{", "can be read"), (#"{"activation_function": "torch.nn.Softsign"}"#, "{}", "Softsign"),
        (
            #"{"activation_function": "x.Tanh", "module_input_name": "token_embeddings"}"#, "{}",
            "token_embeddings"
        ),
    ])
    func whatCannotBeAppliedIsRefused(config: String, header: String, reason: String) throws {
        let folder = try Self.folder(config, header, [0, 0, 0, 0, 0, 0, 0, 0])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let error = #expect(throws: PlanProblem.self) { try DenseLayer.read(folder: folder) }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
}
