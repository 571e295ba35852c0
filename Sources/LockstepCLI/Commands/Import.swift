import ArgumentParser
import Foundation
import Lockstep
import LockstepConfiguration

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Inserts documents from a file of JSON lines (Extended JSON).",
        discussion: """
            On a standalone server their predictions are made in this process before it ends; elsewhere the running \
            `lockstep run` makes them.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "The file, a document a line; - for standard input.")
    var file: String

    @Option(help: "The collection.")
    var into: String

    @Option(help: "Seconds to wait for the predictions on a standalone server.")
    var timeout: Double = 3600

    func validate() throws {
        try validate(collection: into)
        try validate(timeout: timeout)
    }

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let lines = try JSONLines(file)
            let db = try await options.connect(configuration)
            let assembly = try await addListeners(configuration, to: db)
            defer { assembly?.shutdown() }
            let parkedBefore = assembly == nil ? 0 : try await db.failures().count
            let inserted = try await insert(lines, into: db[Collection(into)])
            try await db.waitUntilFresh(timeout: .seconds(timeout))
            Terminal.print(
                options.json
                    ? #"{"inserted": \#(inserted)}"#
                    : "\(Terminal.count(inserted, "document")) inserted into \(into)")
            let parked = assembly == nil ? 0 : try await db.failures().count - parkedBefore
            if parked > 0 {
                throw Failure(
                    .wrong,
                    "\(Terminal.count(parked, "document")) parked without a prediction; `lockstep failures list` says why"
                )
            }
        }
    }

    /// A server without change streams needs the models here; any other does without them.
    private func addListeners(_ configuration: Configuration, to db: Database) async throws -> Assembly? {
        guard !db.deployment.hasChangeStreams,
            configuration.listeners.contains(where: { $0.collection == into })
        else { return nil }
        let assembly = try options.assembly(configuration)
        StopSignals.end(assembly)
        try await options.add(assembly.listeners, to: db)
        try await Deployability.check(db)
        return assembly
    }

    private func insert(_ lines: JSONLines, into collection: DatabaseCollection) async throws -> Int {
        let progress = ProgressBar.onTerminal()
        defer { progress?.finished(collection: into) }
        var inserted = 0
        do {
            while let batch = try lines.next() {
                try await collection.insertMany(batch)
                inserted += batch.count
                // How many there will be, if the rest is as long as what was read.
                let total = Double(inserted) * Double(lines.size) / Double(max(1, lines.bytesRead))
                progress?.progressed(collection: into, documents: inserted, total: Int(total))
            }
        } catch let failure as Failure {
            throw Failure(failure.status, "\(failure). \(sum(inserted))")
        } catch let error as MongoError where error.place != nil || error.isAboutSize {
            // Ordered: those before it in the batch are there.
            let place = error.place ?? 0
            let line = lines.lines.indices.contains(place) ? "\(lines.name):\(lines.lines[place]): " : ""
            throw Failure(.wrong, "\(line)\(error). \(sum(inserted + place))")
        } catch let error as MongoError {
            throw Failure(
                .unavailable,
                "\(error). \(inserted) documents were inserted for sure, those on lines \(lines.lines.first ?? 1) to \(lines.lines.last ?? 1) perhaps"
            )
        }
        return inserted
    }

    private func sum(_ inserted: Int) -> String {
        switch inserted {
        case 0: "Nothing was inserted"
        case 1: "The document before it was inserted"
        default: "The \(inserted) documents before it were inserted"
        }
    }
}
