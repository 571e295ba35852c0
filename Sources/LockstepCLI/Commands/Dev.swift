import ArgumentParser
import EmbeddedMongo
import Foundation
import LockstepConfiguration

struct Dev: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The same as run, on a MongoDB of its own that it starts, keeps under .lockstep/ and stops."
    )

    @OptionGroup var options: CommonOptions

    @Option(help: "The port of the MongoDB it starts.")
    var port = 27117

    func validate() throws {
        guard (1...65535).contains(port) else {
            throw ValidationError("--port takes 1 to 65535, not \(port)")
        }
    }

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let assembly = try options.assembly(configuration)
            let server = try start()
            defer { server.stop() }
            let db = try await options.connect(
                server.uri, configuration.mongodb.database, listeners: assembly.listeners)
            try await Deployability.check(db)
            try await Daemon.run(
                db, configuration, assembly,
                greeting: """
                    lockstep: watching \(configuration.mongodb.database) on a MongoDB of its own. Connect any client to
                      \(server.uri)
                    """)
        }
    }

    private func start() throws -> EmbeddedReplicaSet {
        do {
            let directory = FileManager.default.currentDirectoryPath + "/.lockstep/dev"
            let server = EmbeddedReplicaSet(
                binary: try MongodBinary.find(), directory: directory, ports: [port])
            try server.start()
            return server
        } catch {
            throw Failure(.unavailable, "\(error)")
        }
    }
}
