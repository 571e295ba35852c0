import Foundation
import Testing
import TestSupport

/// What `lockstep check` says of models.
@Suite struct CheckTests {
    private static let home =
        ProcessInfo.processInfo.environment["LOCKSTEP_HOME"] ?? TestServer.packageRoot + "/.lockstep"
    private static let model = home + "/models/all-MiniLM-L6-v2"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: model), "needs `make setup`"))
    func whatIsAssumedOfAModelIsSaidOnce() async throws {
        let project = try Project(
            "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100",
            model: "{openvino: \(Self.model), maxTokens: 100000}")
        let check = try await Running(
            ["check"], in: project.folder, environment: ["OPENVINO_DIR": Self.home + "/python"]
        ).ending()
        #expect(check.out.contains("ok     model length: answers"), "\(check)")
        let said = (check.out + check.err).components(separatedBy: "`maxTokens` is 100000").count - 1
        #expect(said == 1, "\(check)")
        #expect(check.out.contains("warn   model length: `maxTokens` is 100000"), "\(check)")
    }
}
