import EmbeddedMongo
import Foundation
import Lockstep
import Testing
import TestSupport
import MongoDriver

/// Servers that speak TLS, with certificates of an authority that only these tests know.
enum TLSServers {
    static let certificates = Result { try Certificates() }
    /// A replica set that takes connections with TLS only, and asks who comes.
    static let guarded = Result { try startGuarded() }
    /// Wants a certificate of every client, and shows one that is for another host.
    static let strict = Result { try startStrict() }
    /// Shows a certificate that has expired. No mongod: that one does not start with it.
    static let expired = Result { try startExpired() }

    static let host = "IP:127.0.0.1"
    /// As MongoDB names it.
    static let client = "CN=client,OU=clients,O=lockstep"

    static func clientFile(_ name: String = "client", days: Int = 2) throws -> String {
        try certificates.get().make(
            name, subject: "/O=lockstep/OU=clients/CN=\(name)", names: "DNS:\(name)", days: days)
    }

    private static func startGuarded() throws -> MongodProcess {
        let certificates = try certificates.get()
        let server = MongodProcess(
            binary: try TestServer.mongod(), directory: TestServer.temporaryDirectory("tls"),
            port: try TestServer.freePort(),
            arguments: try ["--replSet", "tls", "--keyFile", GuardedServer.keyFile()]
                + tls(certificates.make("server", names: host)) + ["--tlsAllowConnectionsWithoutCertificates"]
        )
        try server.start()
        TestServer.endings.append { server.stop() }
        let address =
            "mongodb://127.0.0.1:\(server.port)/?directConnection=true&tlsCAFile=\(certificates.authority)"
        try Connection.open(uri: address, database: "admin").run(
            [
                "replSetInitiate": [
                    "_id": "tls",
                    "members": [["_id": 0, "host": BSONValue("127.0.0.1:\(server.port)")]],
                ]
            ], operation: "replSetInitiate")
        try GuardedServer.createUser(
            "root", password: "s3cret", roles: [["role": "root", "db": "admin"]], at: address)
        let root = address.replacing("//", with: "//root:s3cret@", maxReplacements: 1) + "&authSource=admin"
        let role: BSONValue = ["role": "readWrite", "db": "guarded"]
        try GuardedServer.createUser("writer", password: "s3cret", roles: [role], at: root)
        try GuardedServer.createUser(client, password: nil, roles: [role], in: "$external", at: root)
        return server
    }

    private static func startStrict() throws -> MongodProcess {
        let server = MongodProcess(
            binary: try TestServer.mongod(), directory: TestServer.temporaryDirectory("strict"),
            port: try TestServer.freePort(),
            arguments: try tls(certificates.get().make("elsewhere", names: "DNS:db.example,IP:10.0.0.1")))
        try server.start()
        TestServer.endings.append { server.stop() }
        return server
    }

    private static func tls(_ file: String) throws -> [String] {
        [
            "--tlsMode", "requireTLS", "--tlsCertificateKeyFile", file, "--tlsCAFile",
            try certificates.get().authority,
        ]
    }

    private static func startExpired() throws -> Int {
        let port = try TestServer.freePort()
        let file = try certificates.get().make("expired", names: host, days: -1)
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments = ["openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert", file, "-quiet"]
        server.standardInput = Pipe()
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        let processID = server.processIdentifier
        // It inherits the signals that are blocked here, SIGTERM among them.
        TestServer.endings.append { kill(processID, SIGKILL) }
        let deadline = ContinuousClock.now + .seconds(30)
        while !Port.isTaken(port) {
            try #require(server.isRunning && .now < deadline, "openssl s_server did not start")
            Thread.sleep(forTimeInterval: 0.01)
        }
        return port
    }
}
