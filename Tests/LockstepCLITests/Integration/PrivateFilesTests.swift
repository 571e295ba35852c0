import EmbeddedMongo
import Foundation
import Lockstep
import Testing
import TestSupport

/// What Lockstep leaves on the disk is for its user alone.
@Suite struct PrivateFilesTests {
    @Test func nothingOfTheEmbeddedMongoDBIsOpenToOthersWhateverTheUmask() async throws {
        let project = try Project("mongodb://127.0.0.1:1")
        let member = project.folder + "/.lockstep/dev/member0"
        // Made by somebody who did not care.
        try FileManager.default.createDirectory(atPath: member, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: member)
        let port = try TestServer.freePort()
        let dev = Process()
        dev.executableURL = URL(fileURLWithPath: "/bin/sh")
        dev.arguments = ["-c", "umask 0; exec \"$0\" dev --port \(port) >out 2>&1", try Executable.path()]
        dev.currentDirectoryURL = URL(fileURLWithPath: project.folder)
        dev.environment = ProcessInfo.processInfo.environment.merging(
            ["LOCKSTEP_MONGOD": try TestServer.mongod()]) { $1 }
        try dev.run()
        defer { dev.terminate() }
        try await eventually("lockstep dev has caught up") {
            let said = (try? String(contentsOfFile: project.folder + "/out", encoding: .utf8)) ?? ""
            try #require(dev.isRunning, "\(said)")
            return said.contains("following changes")
        }
        #expect(try permissions(member) == 0o700)
        let files = try FileManager.default.subpathsOfDirectory(atPath: member)
        #expect(files.contains("mongod.log") && files.contains("lockstep.lock"))
        for file in files {
            // Files of the server come and go.
            guard let permissions = try? permissions("\(member)/\(file)") else { continue }
            #expect(permissions & 0o077 == 0, "\(file): \(String(permissions, radix: 8))")
        }
        // libmongoc's counters: after a kill they would stay.
        #expect(!FileManager.default.fileExists(atPath: "/dev/shm/mongoc-\(dev.processIdentifier)"))
        dev.terminate()
        try await eventually("lockstep dev ends") { !dev.isRunning }
    }

    private func permissions(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }
}
