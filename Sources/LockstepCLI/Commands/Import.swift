import ArgumentParser
import Foundation
import Lockstep
import LockstepConfiguration

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Inserts documents from a file of JSON lines or a JSON list (Extended JSON), also gzipped.",
        discussion: """
            On a standalone server their predictions are made in this process before it ends; elsewhere the running \
            `lockstep run` makes them. A document that is wrong ends the import, unless --skip-errors is given: then it \
            exits 1 at the end if any was left out.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(
        help: "The file, a document a line or one list; - for standard input. What is gzip is unpacked.")
    var file: String

    @Option(help: "The collection.")
    var into: String

    @Flag(help: "Replace the document that has the same _id, in place of refusing the new one.")
    var upsert = false

    @Flag(help: "Leave out documents that are wrong, with a line on stderr for each.")
    var skipErrors = false

    @Option(
        help: "How long to wait for the predictions on a standalone server, as 20s or 5m. (default: 1h)",
        transform: TimeArgument.init)
    var timeout = TimeArgument.seconds(3600)

    func validate() throws {
        try validate(collection: into)
        if into.hasPrefix("lockstep.") {
            throw ValidationError("`\(into)` holds state of Lockstep's own: name another collection")
        }
    }

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let skipped = SkippedDocuments()
            let documents = try DocumentFile.open(file, onBadDocument: skipErrors ? skipped.skip : nil)
            let db = try await options.connect(configuration)
            let assembly = try await addListeners(configuration, to: db)
            defer { assembly?.shutdown() }
            let parkedBefore = assembly == nil ? 0 : try await db.parked.count()
            var tally = try await store(documents, in: db[Collection(into)], skipped)
            try await db.waitUntilFresh(timeout: timeout.duration)
            tally.skipped = skipped.count
            Terminal.print(
                options.json
                    ? tally.line(replaces: upsert, skips: skipErrors) : tally.text(into: into))
            let parked = assembly == nil ? 0 : try await db.parked.count() - parkedBefore
            if parked > 0 {
                throw Failure(
                    .wrong,
                    "\(Terminal.count(parked, "document")) parked without a prediction; `lockstep failures list` says why"
                )
            }
            if skipped.count > 0 { throw ExitCode(Failure.Status.wrong.rawValue) }
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
        try await DatabaseCheck.check(db)
        return assembly
    }
}

// MARK: Storing

/// Says of each document that is left out why, and counts them.
private final class SkippedDocuments {
    private(set) var count = 0

    func skip(_ failure: Failure) {
        count += 1
        Terminal.note("\(failure) (skipped)")
    }
}

extension Import {
    private func store(
        _ documents: DocumentFile, in collection: DatabaseCollection, _ skipped: SkippedDocuments
    ) async throws -> ImportTally {
        let progress = ProgressReport.make()
        defer { progress.finished(collection: into) }
        var tally = ImportTally()
        var batch = DocumentFile.Batch()
        do {
            while let next = try documents.next() {
                batch = next
                let stored = try await collection.store(
                    batch.documents, replaces: upsert, goesOn: skipErrors)
                tally.inserted += stored.inserted
                tally.replaced += stored.replaced
                for error in stored.errors {
                    let failure = Failure(.wrong, "\(place(of: error, batch, documents))\(error)")
                    guard skipErrors else { throw failure }
                    skipped.skip(failure)
                }
                // How many there will be, if the rest is as long as what was read.
                let total =
                    Double(tally.stored) * Double(documents.size) / Double(max(1, documents.bytesRead))
                progress.progressed(collection: into, documents: tally.stored, total: Int(total))
            }
        } catch let failure as Failure {
            throw Failure(failure.status, "\(failure). \(sum(tally))\(wayOn(documents))")
        } catch let error as MongoError where error.isAboutSize {
            throw Failure(.wrong, "\(place(of: error, batch, documents))\(error). \(sum(tally))")
        } catch let error as MongoError {
            throw Failure(
                .unavailable,
                "\(error). \(Terminal.count(tally.stored, "document")) \(verb(tally.stored)) for sure, those on lines \(batch.lines.first ?? 1) to \(batch.lines.last ?? 1) perhaps. `--upsert` stores what is there already once more, and does no harm"
            )
        }
        return tally
    }

    private func place(
        of error: MongoError, _ batch: DocumentFile.Batch, _ documents: DocumentFile
    ) -> String {
        let place = error.place ?? 0
        return batch.lines.indices.contains(place) ? "\(documents.name):\(batch.lines[place]): " : ""
    }

    private func sum(_ tally: ImportTally) -> String {
        tally.sum(verb: upsert ? "stored" : "inserted")
    }

    private func verb(_ count: Int) -> String {
        "\(count == 1 ? "was" : "were") \(upsert ? "stored" : "inserted")"
    }

    private func wayOn(_ documents: DocumentFile) -> String {
        documents.isList
            ? ", those behind it were not. Correct it and import again with `--upsert`, or leave it out with `--skip-errors`"
            : ", those behind it were not. Correct the line and import the file from there on, or again with `--upsert`; `--skip-errors` leaves it out"
    }
}
