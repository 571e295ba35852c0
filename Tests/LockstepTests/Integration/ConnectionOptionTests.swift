import Foundation
import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
@testable import MongoDriver
import Testing
import TestModels
import TestSupport

/// The options of a connection string, on a real server: each that is taken leaves everything working.
@Suite(.serialized) struct ConnectionOptionTests {
    // Names and values as MongoDB's documentation has them.
    static let taken = [
        "replicaSet=lockstep", "directConnection=true", "directConnection=false", "tls=false", "ssl=false",
        "connectTimeoutMS=10000", "connectTimeoutMS=0", "socketTimeoutMS=20000", "socketTimeoutMS=0",
        "compressors=zlib", "compressors=snappy,zlib,zstd&zlibCompressionLevel=6", "zlibCompressionLevel=-1",
        "maxPoolSize=1", "maxPoolSize=100&minPoolSize=10", "maxIdleTimeMS=60000", "maxConnecting=2",
        "waitQueueMultiple=5", "waitQueueTimeoutMS=1", "w=3", "w=majority", "w=1", "w=0", "w=unknown",
        "wtimeoutMS=1",
        "journal=true", "journal=false", "readConcernLevel=local", "readConcernLevel=majority",
        "readConcernLevel=linearizable", "readConcernLevel=snapshot", "readConcernLevel=available",
        "readConcernLevel=no",
        "readPreference=secondary", "readPreference=nearest",
        "readPreference=secondaryPreferred&maxStalenessSeconds=120",
        "readPreference=nearest&readPreferenceTags=dc:ny,rack:1&readPreferenceTags=", "authSource=admin",
        "gssapiServiceName=mongodb", "localThresholdMS=15", "serverSelectionTimeoutMS=10000",
        "serverSelectionTryOnce=false", "serverSelectionTryOnce=true", "heartbeatFrequencyMS=10000",
        "appName=myapp",
        "appName=@name@", "retryReads=true", "retryReads=false", "retryWrites=true", "retryWrites=false",
        "uuidRepresentation=standard", "loadBalanced=false", "serverMonitoringMode=auto",
        "timeoutMS=20000", "retryWrites=true&w=majority&appName=Cluster0",
    ]

    @Test(arguments: taken)
    func whatIsTakenLeavesEverythingWorking(option: String) async throws {
        let server = try TestServer.uri().prefix { $0 != "?" }
        let name = "t\(UUID().uuidString.prefix(12))"
        let lines = LogLines()
        let db = try await Database.connect("\(server)?\(option)", database: name, log: lines.logger)
        try await db.add(Listener(model: TextLength(), on: docs, key: "text"))
        try await db[docs].insertMany([["_id": 1, "text": "abc"]])
        try await watching(db, options: WatcherOptions(identifier: "lockstep")) { watcher in
            try await watcher.waitUntilFresh()
            try await db[docs].insertMany([["_id": 2, "text": "abcd"]])
            try await watcher.waitUntilFresh()
            try await db.waitForDaemon(timeout: .seconds(60))
            try await db.rights.run()
        }
        #expect(try await db.audit()[0].fresh == 2)
        #expect(lines.all.isEmpty, "\(lines.all)")
        try db.connection.run(["dropDatabase": 1], operation: "dropDatabase")
    }

    @Test func everyOptionThatIsTakenIsTriedOrNeedsMoreThanAServer() {
        let tried = Set(
            Self.taken.flatMap { $0.split(separator: "&") }.map { $0.prefix { $0 != "=" }.lowercased() })
        let untried = URIRule.all.filter { rule in
            if case .refused = rule.use { return false }
            return !tried.contains(rule.name.lowercased())
        }
        // Certificates and log-ins: `TLSTests`, `LogInTests`; DNS; old names of others.
        #expect(
            untried.map(\.name).sorted() == [
                "authMechanism", "authMechanismProperties", "canonicalizeHostname", "fsync", "retryAttempts",
                "safe",
                "slaveOk", "socketCheckIntervalMS", "srvMaxHosts", "srvServiceName",
                "sslAllowInvalidCertificates",
                "sslAllowInvalidHostnames", "sslCertificateAuthorityFile", "sslClientCertificateKeyFile",
                "sslClientCertificateKeyPassword", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames",
                "tlsCAFile",
                "tlsCertificateKeyFile", "tlsCertificateKeyFilePassword",
                "tlsDisableCertificateRevocationCheck",
                "tlsDisableOCSPEndpointCheck", "tlsInsecure", "wtimeout",
            ])
    }

    @Test func theNameOfTheApplicationIsTheUsersOwn() async throws {
        let server = try TestServer.uri().prefix { $0 != "?" }
        for (option, name) in [("appName=mine%20own", "mine own"), ("retryReads=true", "lockstep")] {
            let db = try await Database.connect("\(server)?\(option)", database: "admin")
            let reply = try db.connection.run(
                [
                    "aggregate": 1,
                    "pipeline": [["$currentOp": [:]], ["$match": ["appName": BSONValue(name)]]],
                    "cursor": [:],
                ],
                operation: "aggregate")
            #expect(reply[path: "cursor.firstBatch"]?.array?.isEmpty == false)
        }
    }

    @Test func whatIsRefusedIsRefusedBeforeTheDriverSeesIt() async throws {
        for uri in ["mongodb://user@127.0.0.1", "mongodb://127.0.0.1/?tls=1", "127.0.0.1"] {
            await #expect {
                _ = try await Database.connect(uri, database: "shop")
            } throws: { error in
                (error as? MongoError)?.source == .uri
            }
        }
    }
}
