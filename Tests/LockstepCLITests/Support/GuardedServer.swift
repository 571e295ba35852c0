import EmbeddedMongo
import Foundation
import Lockstep
import Testing
import TestSupport
import MongoDriver

/// A server that asks for a password.
enum GuardedServer {
    private static let guarded = Result { try startGuarded() }

    /// - Parameter user: `root`, `writer` or `reader`; nil logs nobody in.
    static func uri(_ user: String?, password: String = "s3cret") throws -> String {
        let port = try guarded.get().port
        return "mongodb://\(user.map { "\($0):\(password)@" } ?? "")127.0.0.1:\(port)/?authSource=admin"
    }

    private static func startGuarded() throws -> MongodProcess {
        let server = MongodProcess(
            binary: try TestServer.mongod(), directory: TestServer.temporaryDirectory("guarded"),
            port: try TestServer.freePort(),
            arguments: ["--replSet", "guarded", "--keyFile", try keyFile()])
        try server.start()
        TestServer.endings.append { server.stop() }
        // Until there is a user, whoever comes from this machine may begin.
        try Connection.open(uri: address(server, as: nil), database: "admin").run(
            [
                "replSetInitiate": [
                    "_id": "guarded",
                    "members": [["_id": 0, "host": BSONValue("127.0.0.1:\(server.port)")]],
                ]
            ], operation: "replSetInitiate")
        try createUser(
            "root", password: "s3cret", roles: [["role": "root", "db": "admin"]], at: address(server, as: nil)
        )
        try createUser(
            "writer", password: "s3cret", roles: [["role": "readWrite", "db": "guarded"]],
            at: address(server, as: "root"))
        try createUser(
            "reader", password: "s3cret", roles: [["role": "read", "db": "guarded"]],
            at: address(server, as: "root"))
        return server
    }

    private static func address(_ server: MongodProcess, as user: String?) -> String {
        "mongodb://\(user.map { "\($0):s3cret@" } ?? "")127.0.0.1:\(server.port)/?directConnection=true&authSource=admin"
    }

    static func keyFile() throws -> String {
        let path = TestServer.temporaryDirectory("key")
        try Data("bG9ja3N0ZXAtdGVzdHM=".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    /// Waits for a primary, which a set that was just begun does not have yet.
    static func createUser(
        _ name: String, password: String?, roles: [BSONValue], mechanisms: [String] = [],
        in database: String = "admin",
        at uri: String
    ) throws {
        let connection = try Connection.open(uri: uri, database: database)
        var command: [(String, BSONValue)] = [("createUser", BSONValue(name)), ("roles", BSONValue(roles))]
        if let password { command.append(("pwd", BSONValue(password))) }
        if !mechanisms.isEmpty { command.append(("mechanisms", BSONValue(mechanisms.map { BSONValue($0) }))) }
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let result = Result { try connection.run(BSONDocument(command), operation: "createUser") }
            guard case .failure(let error as MongoError) = result, error.isTransient, .now < deadline else {
                _ = try result.get()
                return
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    /// As it must stand in a URI: every byte encoded that may mean something there.
    static func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            return scalar.properties.isAlphabetic && byte < 128 || (48...57).contains(byte)
                ? String(Character(scalar)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
