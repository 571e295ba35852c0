import Foundation
import MongoBSON
import MongoDriver

/// A replica set of MongoDB on this machine: for `lockstep dev`, the demo and the tests.
public final class EmbeddedReplicaSet: Sendable {
    public let members: [MongodProcess]
    public let name: String

    /// - Parameters:
    ///   - directory: holds a folder for each member.
    ///   - ports: one for each member; the first one becomes primary at first.
    public init(
        binary: String, directory: String, ports: [Int], name: String = "lockstep", arguments: [String] = []
    ) {
        self.name = name
        members = ports.enumerated().map { index, port in
            MongodProcess(
                binary: binary, directory: "\(directory)/member\(index)", port: port,
                arguments: ["--replSet", name] + arguments)
        }
    }

    /// What any client connects to.
    public var uri: String {
        "mongodb://\(hosts.joined(separator: ","))/?replicaSet=\(name)"
    }

    private var hosts: [String] {
        members.map { "127.0.0.1:\($0.port)" }
    }

    /// Starts the members, makes them a set if they are none yet, and waits for a primary; blocks.
    public func start() throws {
        for member in members { try member.start() }
        let client = try ClientPool.open(
            uri: "mongodb://\(hosts[0])/?directConnection=true&serverSelectionTimeoutMS=10000",
            application: "lockstep-embedded", maximum: 2)
        try initiate(client)
        try waitForPrimary(client)
    }

    public func stop() {
        for member in members.reversed() { member.stop() }
    }

    private func initiate(_ client: ClientPool) throws {
        // A set that was started on other ports before keeps its data and gets the new addresses.
        guard let known = try configuration(client) else {
            let hosts = hosts.enumerated().map { index, host -> BSONValue in
                ["_id": BSONValue(index), "host": BSONValue(host), "priority": index == 0 ? 2 : 1]
            }
            try run(
                client,
                [
                    "replSetInitiate": [
                        "_id": BSONValue(name), "members": BSONValue(hosts),
                        // Elections within a second or two: this is one machine.
                        "settings": ["electionTimeoutMillis": 2000],
                    ]
                ])
            return
        }
        let configured = known[path: "members"]?.array?.compactMap { $0.document?["host"]?.string } ?? []
        guard configured != hosts, hosts.count == 1 else { return }
        let fields = known.map { key, value -> (String, BSONValue) in
            switch key {
            case "version": (key, BSONValue((value.int ?? 1) + 1))
            case "members": (key, [["_id": 0, "host": BSONValue(hosts[0]), "priority": 2]])
            default: (key, value)
            }
        }
        try run(client, ["replSetReconfig": BSONValue(BSONDocument(fields)), "force": true])
    }

    private func configuration(_ client: ClientPool) throws -> BSONDocument? {
        do {
            return try run(client, ["replSetGetConfig": 1])["config"]?.document
        } catch let error as MongoError where error.code == 94 || error.code == 93 {
            // NotYetInitialized; InvalidReplicaSetConfig when the address is not among the members.
            return error.code == 93 ? try stored(client) : nil
        }
    }

    private func stored(_ client: ClientPool) throws -> BSONDocument? {
        var command = BSONBuilder()
        command.append("system.replset", forKey: "find")
        let lent = client.borrow()
        let reply = try lent.client.run(command, on: "local", operation: "find").document
        return reply[path: "cursor.firstBatch"]?.array?.first?.document
    }

    private func waitForPrimary(_ client: ClientPool) throws {
        let deadline = Date(timeIntervalSinceNow: 60)
        while Date() < deadline {
            let hello = try run(client, ["hello": 1])
            if hello["isWritablePrimary"]?.bool == true || hello["primary"] != nil { return }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw EmbeddedMongoError.didNotStart("the replica set elected no primary within 60 s")
    }

    @discardableResult
    private func run(_ client: ClientPool, _ command: BSONDocument) throws -> BSONDocument {
        var builder = BSONBuilder()
        builder.append(elementsOf: command)
        let lent = client.borrow()
        return try lent.client.run(builder, on: "admin", operation: command.first { _ in true }?.key ?? "")
            .document
    }
}
