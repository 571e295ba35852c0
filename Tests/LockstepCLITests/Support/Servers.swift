import EmbeddedMongo
import Foundation
import Lockstep
import Testing

/// The servers that the tests of this target share.
enum Servers {
    static let replicaSet = Result { try startSet("set", []) }
    static let standalone = Result { try startStandalone() }
    /// Asks for a password.
    static let guarded = Result { try startGuarded() }

    static func replicaSetURI() throws -> String {
        try replicaSet.get().uri
    }

    static func standaloneURI() throws -> String {
        "mongodb://127.0.0.1:\(try standalone.get().port)/"
    }

    /// - Parameter user: `root`, `writer` or `reader`; nil logs nobody in.
    static func guardedURI(_ user: String?, password: String = "s3cret") throws -> String {
        let port = try guarded.get().port
        return "mongodb://\(user.map { "\($0):\(password)@" } ?? "")127.0.0.1:\(port)/?authSource=admin"
    }

    static func mongod() throws -> String {
        try MongodBinary.find(directory: packageRoot)
    }

    private static func startSet(_ name: String, _ arguments: [String]) throws -> EmbeddedReplicaSet {
        let set = EmbeddedReplicaSet(
            binary: try mongod(), directory: temporaryDirectory(name), ports: [try #require(Port.free())],
            arguments: arguments)
        try set.start()
        endings.append { set.stop() }
        return set
    }

    private static func startStandalone() throws -> MongodProcess {
        let server = MongodProcess(
            binary: try mongod(), directory: temporaryDirectory("standalone"),
            port: try #require(Port.free()))
        try server.start()
        endings.append { server.stop() }
        return server
    }

    private static func startGuarded() throws -> MongodProcess {
        let key = temporaryDirectory("key")
        try Data("bG9ja3N0ZXAtdGVzdHM=".utf8).write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        let server = MongodProcess(
            binary: try mongod(), directory: temporaryDirectory("guarded"), port: try #require(Port.free()),
            arguments: ["--replSet", "guarded", "--keyFile", key])
        try server.start()
        endings.append { server.stop() }
        // Until there is a user, whoever comes from this machine may begin.
        try Connection(uri: address(server, as: nil), database: "admin").run(
            [
                "replSetInitiate": [
                    "_id": "guarded",
                    "members": [["_id": 0, "host": BSONValue("127.0.0.1:\(server.port)")]],
                ]
            ], operation: "replSetInitiate")
        try createUser("root", ["root"], db: "admin", as: nil, server)
        try createUser("writer", ["readWrite"], db: "guarded", as: "root", server)
        try createUser("reader", ["read"], db: "guarded", as: "root", server)
        return server
    }

    private static func address(_ server: MongodProcess, as user: String?) -> String {
        "mongodb://\(user.map { "\($0):s3cret@" } ?? "")127.0.0.1:\(server.port)/?directConnection=true&authSource=admin"
    }

    private static func createUser(
        _ name: String, _ roles: [String], db: String, as creator: String?, _ server: MongodProcess
    ) throws {
        let connection = try Connection(uri: address(server, as: creator), database: "admin")
        let all = roles.map { role -> BSONValue in ["role": BSONValue(role), "db": BSONValue(db)] }
        let command: BSONDocument = [
            "createUser": BSONValue(name), "pwd": "s3cret", "roles": BSONValue(all),
        ]
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let result = Result { try connection.run(command, operation: "createUser") }
            guard case .failure(let error as MongoError) = result, error.isTransient, .now < deadline else {
                _ = try result.get()
                return
            }
            // The primary is not elected yet.
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    static var packageRoot: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
    }

    static func temporaryDirectory(_ name: String) -> String {
        let path = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().appendingPathComponent(
            "lockstep-cli-\(ProcessInfo.processInfo.processIdentifier)-\(name)-\(UUID().uuidString.prefix(8))"
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
        atexit { Servers.endings.run() }
    }

    func append(_ body: @escaping () -> Void) {
        lock.withLock { bodies.append(body) }
    }

    private func run() {
        for body in lock.withLock({ bodies }).reversed() { body() }
    }
}
