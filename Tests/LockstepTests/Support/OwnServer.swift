import EmbeddedMongo
import Foundation
import MongoDriver
import TestSupport

@testable import Lockstep

/// A server of a test's own, which may be stopped, put back, and started as something else on the same port.
final class OwnServer: @unchecked Sendable {
    let port: Int
    let folder: String
    private var process: MongodProcess?

    init() throws {
        port = try TestServer.freePort()
        folder = TestServer.temporaryDirectory("own")
        TestServer.endings.append { [self] in process?.kill() }
    }

    var host: String { "127.0.0.1:\(port)" }

    /// Notices soon what becomes of the server.
    func uri(_ options: String = "") -> String {
        "mongodb://\(host)/?serverSelectionTimeoutMS=2000&connectTimeoutMS=2000&heartbeatFrequencyMS=500\(options)"
    }

    /// Starts it: as a member of the set `own`, or as a standalone server.
    func start(_ arguments: String..., isMember: Bool = true) async throws {
        try await blocking.run { [self] in
            let new = MongodProcess(
                binary: try TestServer.mongod(), directory: folder, port: port,
                arguments: (isMember ? ["--replSet", "own"] : []) + arguments)
            try new.start()
            process = new
        }
    }

    func stop() async throws {
        try await blocking.run { [self] in process?.stop() }
    }

    /// Past any driver's memory.
    @discardableResult
    func run(_ command: BSONDocument, on database: String = "admin") async throws -> BSONDocument {
        try await blocking.run { [self] in
            let direct = try Connection.open(
                uri: uri("&directConnection=true&appName=test"), database: database)
            return try direct.run(command, operation: command.first { _ in true }?.key ?? "")
        }
    }

    /// Makes it a set, and waits until it takes writes.
    func initiate(members: [BSONValue]? = nil) async throws {
        let own: [BSONValue] = [["_id": 0, "host": BSONValue(host)]]
        try await run(["replSetInitiate": ["_id": "own", "members": BSONValue(members ?? own)]])
        try await waitForPrimary()
    }

    func waitForPrimary() async throws {
        try await eventually("\(host) takes writes") {
            (try? await run(["hello": 1]))?["isWritablePrimary"]?.bool == true
        }
    }

    /// The connections that the library's driver has to it now.
    func connectionsOfDriver() async throws -> Set<Int> {
        let reply = try await run([
            "aggregate": 1, "cursor": ["batchSize": 1000],
            "pipeline": [
                ["$currentOp": ["allUsers": true, "idleConnections": true]],
                ["$match": ["appName": "lockstep"]],
            ],
        ])
        return Set(
            (reply[path: "cursor.firstBatch"]?.array ?? []).compactMap { $0.document?["connectionId"]?.int })
    }

    /// Waits until the library's driver has seen what the server is now, by a connection beside those that it had.
    func waitForDriver(beside known: Set<Int> = []) async throws {
        try await eventually("the driver has seen \(host)") {
            try await !connectionsOfDriver().subtracting(known).isEmpty
        }
    }

    /// Waits until the length of the text of a document is its output.
    func waitForOutput(of document: BSONDocument, length: Int) async throws {
        try await eventually("\(document) is predicted") {
            let reply = try? await run(["find": "docs", "filter": BSONValue(document)], on: "shop")
            let found = reply?[path: "cursor.firstBatch"]?.array?.first?.document
            return found?[path: "_outputs.text.length"]?.int == length
        }
    }

    /// Its files, as a backup: only while it is stopped.
    func copyFiles(to copy: String) throws {
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
    }

    /// Puts a backup in place of its files, or nothing: only while it is stopped.
    func putBack(_ copy: String?) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name != "lockstep.lock"
        {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        guard let copy else { return }
        for name in try FileManager.default.contentsOfDirectory(atPath: copy) where name != "lockstep.lock" {
            try FileManager.default.copyItem(atPath: "\(copy)/\(name)", toPath: "\(folder)/\(name)")
        }
    }
}
