import EmbeddedMongo
import Foundation
import Lockstep
import Testing

/// The servers that the tests of this process share: a replica set of one, and a standalone server.
enum TestServer {
    static let replicaSet = Result { try start() }
    static let standalone = Result { try startStandalone() }

    static func uri() throws -> String {
        try replicaSet.get().uri
    }

    static func standaloneURI() throws -> String {
        "mongodb://127.0.0.1:\(try standalone.get().port)/?directConnection=true"
    }

    private static func start() throws -> EmbeddedReplicaSet {
        let set = EmbeddedReplicaSet(
            binary: try MongodBinary.find(directory: packageRoot), directory: temporaryDirectory("set"),
            ports: [try #require(Port.free())])
        try set.start()
        endings.append { set.stop() }
        return set
    }

    private static func startStandalone() throws -> MongodProcess {
        let server = MongodProcess(
            binary: try MongodBinary.find(directory: packageRoot),
            directory: temporaryDirectory("standalone"),
            port: try #require(Port.free()))
        try server.start()
        endings.append { server.stop() }
        return server
    }

    static var packageRoot: String {
        URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/").replacing(
            "//", with: "/")
    }

    static func temporaryDirectory(_ name: String) -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(
            "lockstep-tests-\(ProcessInfo.processInfo.processIdentifier)-\(name)-\(UUID().uuidString.prefix(8))"
        ).path
        endings.append { try? FileManager.default.removeItem(atPath: path) }
        return path
    }

    /// What is undone when the process ends, last things first.
    static let endings = Endings()
}

final class Endings: @unchecked Sendable {
    private let lock = NSLock()
    private var bodies: [() -> Void] = []

    init() {
        atexit { TestServer.endings.run() }
    }

    func append(_ body: @escaping () -> Void) {
        lock.withLock { bodies.append(body) }
    }

    private func run() {
        for body in lock.withLock({ bodies }).reversed() { body() }
    }
}

/// A database of a test's own.
func withDatabase(_ body: (Database) async throws -> Void) async throws {
    let name = "t\(UUID().uuidString.prefix(12))"
    let db = try await Database.connect(try TestServer.uri(), database: name)
    try await body(db)
    try db.connection.run(["dropDatabase": 1], operation: "dropDatabase")
}

/// The same on the standalone server.
func withStandaloneDatabase(_ body: (Database) async throws -> Void) async throws {
    let name = "t\(UUID().uuidString.prefix(12))"
    let db = try await Database.connect(try TestServer.standaloneURI(), database: name)
    try await body(db)
    try db.connection.run(["dropDatabase": 1], operation: "dropDatabase")
}
