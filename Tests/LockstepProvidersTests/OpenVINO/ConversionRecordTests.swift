import Foundation
import LockstepProviders
import Testing

struct ConversionRecordTests {
    private func remark(_ text: String?) throws -> String? {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        if let text {
            try Data(text.utf8).write(to: folder.appendingPathComponent("lockstep_conversion.json"))
        }
        return ConversionRecord.load(directory: folder.path)?.remark
    }

    @Test func weightsOfEightBitsAreSaid() throws {
        let said = try remark(
            #"{"conversion": 2, "weights": "int8", "int8": {"texts": 100, "meanCosine": 0.99612, "worstCosine": 0.9804}}"#
        )
        #expect(said?.contains("eight bits") == true && said?.contains("0.980 at worst") == true)
        #expect(try remark(#"{"weights": "int8"}"#)?.contains("eight bits") == true)
    }

    @Test(arguments: [nil, #"{"weights": "f32"}"#, "{}", "not json"])
    func othersNeedNoWord(_ text: String?) throws {
        #expect(try remark(text) == nil)
    }
}
