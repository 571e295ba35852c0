import EmbeddedMongo
import Foundation

/// The servers that the tests of this process share: a replica set of one, and a standalone server.
package enum TestServer {
    package static let replicaSet = Result { try start() }
    package static let standalone = Result { try startStandalone() }

    package static func uri() throws -> String {
        try replicaSet.get().uri
    }

    package static func standaloneURI() throws -> String {
        "mongodb://127.0.0.1:\(try standalone.get().port)/?directConnection=true"
    }

    package static func mongod() throws -> String {
        try MongodBinary.find(directory: packageRoot)
    }

    package static func freePort() throws -> Int {
        guard let port = Port.free() else { throw NeverHappened(what: "a port is free") }
        return port
    }

    private static func start() throws -> EmbeddedReplicaSet {
        let set = EmbeddedReplicaSet(
            binary: try mongod(), directory: temporaryDirectory("set"), ports: [try freePort()])
        try set.start()
        endings.append { set.stop() }
        return set
    }

    private static func startStandalone() throws -> MongodProcess {
        let server = MongodProcess(
            binary: try mongod(), directory: temporaryDirectory("standalone"), port: try freePort())
        try server.start()
        endings.append { server.stop() }
        return server
    }

    package static var packageRoot: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }

    /// A path where nothing is yet; what comes there is removed when the process ends.
    package static func temporaryDirectory(_ name: String) -> String {
        let path = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().appendingPathComponent(
            "lockstep-tests-\(ProcessInfo.processInfo.processIdentifier)-\(name)-\(UUID().uuidString.prefix(8))"
        ).path
        endings.append { try? FileManager.default.removeItem(atPath: path) }
        return path
    }

    /// What is undone when the process ends, last things first.
    package static let endings = Endings()
}

package final class Endings: @unchecked Sendable {
    private let lock = NSLock()
    private var bodies: [() -> Void] = []

    fileprivate init() {
        atexit { TestServer.endings.run() }
    }

    package func append(_ body: @escaping () -> Void) {
        lock.withLock { bodies.append(body) }
    }

    private func run() {
        for body in lock.withLock({ bodies }).reversed() { body() }
    }
}
