import ArgumentParser
import CoreMetrics
import Foundation
import Lockstep
import LockstepCore
import LockstepEngine
import LockstepProviders
import LockstepServer
import MongoBSON
import MongoDriver

/// What `make bench` measures of the library. Each command prints one line of JSON at its end.
@main
struct BenchProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lockstep-bench",
        abstract: "Measures the library on a database that was prepared; called by Benchmarks/bench.py.",
        subcommands: [Events.self, Outputs.self, Serve.self, Encode.self])
}

/// Which database is watched, and by which listeners.
struct Target: ParsableArguments {
    @Option var uri: String
    @Option var db = "bench"
    @Option(help: "Listeners on each collection.") var listeners = 1
    @Option(help: "Collections: docs, docs1, docs2, …") var collections = 1
    @Option(help: "A model for OpenVINO instead of the trivial one.") var model: String?
    @Option(help: "The trivial model answers only once this file is there.") var hangsUntil: String?

    func connect() async throws -> Database {
        let db = try await Database.connect(uri, database: db)
        for place in 0..<collections {
            let collection = Collection(place == 0 ? "docs" : "docs\(place)")
            for number in 0..<listeners {
                let name: String? = number == 0 ? nil : "vector\(number)"
                if let model {
                    let encoder = OpenVINOProvider(name: "minilm", directory: model)
                    // Loaded before the clock runs.
                    _ = try await encoder.predict(["warm"])
                    try await db.add(
                        Listener(
                            model: encoder, on: collection, keys: [FieldPath("text")], as: name, where: nil))
                } else {
                    let vectors = Vectors(hangsUntil: hangsUntil)
                    try await db.add(Listener(model: vectors, on: collection, key: "text", as: name))
                }
            }
        }
        return db
    }
}

/// Counts the events of a backlog, with nothing to do for them.
struct Events: AsyncParsableCommand {
    @Option var uri: String
    @Option var db = "bench"
    @Option var count: Int
    @Option(help: "The `_data` of the token to start after.") var token: String

    func run() async throws {
        let database = try await Database.connect(uri, database: db)
        let options = WatcherOptions(resumeToken: ["_data": BSONValue(token)])
        let watcher = DatabaseWatcher(db: database, on: Collection("docs"), options: options)
        let measure = Measure()
        try await watcher.watch()
        try await until { watcher.info().events >= count }
        measure.print(["count": watcher.info().events])
        try await watcher.stop()
    }
}

/// Works a backlog off, from the saved position on, until so many outputs are stored and everything is fresh.
struct Outputs: AsyncParsableCommand {
    @OptionGroup var target: Target
    @Option var count = 0
    @Option(help: "Serve dashboard and metrics on this port meanwhile.") var port: Int?

    func run() async throws {
        guard let port else { return try await workOff(DatabaseWatcher(db: try await target.connect())) }
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        let db = try await target.connect()
        let watcher = DatabaseWatcher(db: db)
        var options = ServerOptions(version: "0", uri: "")
        options.port = port
        let server = LockstepServer(
            [WatchedDatabase(watcher, of: db)], options: options, metrics: registry)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            try await until { server.url != nil }
            // Whoever looks has the page open by then.
            try await Task.sleep(for: .seconds(1))
            try await workOff(watcher)
            group.cancelAll()
        }
    }

    private func workOff(_ watcher: DatabaseWatcher) async throws {
        let measure = Measure()
        try await watcher.watch()
        try await until { watcher.info().outputs >= count && watcher.hasCaughtUp }
        let numbers = measure.numbers
        try await watcher.waitUntilFresh(timeout: .seconds(600))
        let info = watcher.info()
        measure.print(
            ["count": info.outputs, "modelCalls": info.modelCalls, "modelInputs": info.modelInputs], numbers)
        try await watcher.stop()
    }
}

/// Watches until SIGTERM.
struct Serve: AsyncParsableCommand {
    @OptionGroup var target: Target

    func run() async throws {
        let db = try await target.connect()
        let watcher = DatabaseWatcher(db: db)
        try await watcher.watch()
        try await until { watcher.hasCaughtUp }
        let measure = Measure()
        say("READY")
        await terminated()
        let info = watcher.info()
        measure.print(
            ["count": info.outputs, "modelCalls": info.modelCalls, "modelInputs": info.modelInputs])
        try await watcher.stop()
    }
}
