import ArgumentParser
import EmbeddedMongo
import Foundation
import LockstepConfiguration

struct Dev: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "The same as run, on a MongoDB of its own that it starts, keeps under .lockstep/ and stops.",
        discussion: "The `uri` of the configuration is not used; the database's name is.")

    @OptionGroup var options: CommonOptions

    @Option(help: "The port of the MongoDB it starts.")
    var port = 27117

    func validate() throws {
        guard (1...65535).contains(port) else {
            throw ValidationError("--port takes 1 to 65535, not \(port)")
        }
    }

    func run() async throws {
        let signals = StopSignals { _, _ in _exit(0) }
        let hangUps = HangUps.caught()
        try await ending {
            let configuration = try options.configuration()
            let assembly = try options.assembly(configuration)
            let server = try makeServer()
            signals.handle { _, _ in
                server.stop()
                Terminal.note("lockstep: stopped")
                _exit(0)
            }
            do {
                try server.start()
            } catch {
                // Stopped while it started: the process is about to end.
                if signals.last != nil { try await Task.sleep(for: .seconds(60)) }
                server.stop()
                throw Failure(.unavailable, "\(error)")
            }
            defer { server.stop() }
            let db = try await options.connect(
                server.uri, configuration.mongodb.database, listeners: assembly.listeners)
            try await DatabaseCheck.check(db)
            await Warnings.tell(of: db, isNew: true)
            let database = configuration.mongodb.database
            try await Daemon.run(
                db, configuration, assembly,
                Daemon.StartMessage(
                    database: database, uri: server.uri,
                    text: """
                        lockstep: watching \(database) on a MongoDB of its own. Connect any client to
                          \(server.uri)
                        In another terminal:
                          export MONGODB_URI='\(server.uri)'
                        """,
                    isJSON: options.json,
                    token: configuration.server?.token == nil ? DaemonServer.makeToken() : nil),
                signals, hangUps, isOnOwnMongoDB: true, giveUp: server.stop)
        }
    }

    private func makeServer() throws -> EmbeddedReplicaSet {
        do {
            let directory = FileManager.default.currentDirectoryPath + "/.lockstep/dev"
            return EmbeddedReplicaSet(binary: try MongodBinary.find(), directory: directory, ports: [port])
        } catch {
            throw Failure(.unavailable, "\(error)")
        }
    }
}
