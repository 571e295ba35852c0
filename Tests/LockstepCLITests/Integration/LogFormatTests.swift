import Foundation
import Lockstep
import Testing
import TestSupport

/// `--log-format json`, as a collector of logs reads it.
@Suite struct LogFormatTests {
    @Test func everyLineOfTheDaemonIsAnObjectThatNamesItsListener() async throws {
        let project = try Project(try TestServer.uri())
        try project.insert([(1, "bad"), (2, "good")])
        let daemon = try project.start("--log-format", "json", "run")
        try await daemon.says("is parked")
        try await daemon.says("caught up")
        let ending = try await daemon.stop()
        #expect(ending.status == 0, "\(ending)")
        let lines = try ending.err.split(separator: "\n").map { try BSONDocument(json: String($0)) }
        for line in lines {
            #expect(line["time"]?.string != nil && line["level"]?.string != nil, "\(line.json)")
        }
        let parked = lines.first { $0["message"]?.string?.contains("is parked") == true }
        #expect(parked?["listener"]?.string == "docs/text/length", "\(ending)")
        #expect(parked?["level"]?.string == "warning", "\(ending)")
        #expect(lines.contains { $0["message"]?.string == "lockstep: stopped; position saved" }, "\(ending)")
    }
}
