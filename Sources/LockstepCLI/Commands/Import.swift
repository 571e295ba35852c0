import ArgumentParser
import Foundation
import Lockstep

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Inserts documents from a file of JSON lines (Extended JSON).",
        discussion: "On a standalone server their predictions are made in this process before it ends.")

    @OptionGroup var options: CommonOptions

    @Argument(help: "The file, a document a line; - for standard input.")
    var file: String

    @Option(help: "The collection.")
    var into: String

    @Option(help: "Seconds to wait for the predictions on a standalone server.")
    var timeout: Double = 3600

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let lines = try JSONLines(file)
            let assembly = try options.assembly(configuration)
            defer { assembly.shutdown() }
            let db = try await options.connect(configuration, listeners: assembly.listeners)
            var inserted = 0
            do {
                while let batch = try lines.next(1000) {
                    try await db[Collection(into)].insertMany(batch)
                    inserted += batch.count
                }
            } catch {
                throw Failure(.wrong, "\(error). \(inserted) documents or more were inserted before")
            }
            try await db.waitUntilFresh(timeout: .seconds(timeout))
            Terminal.print(
                options.json ? #"{"inserted": \#(inserted)}"# : "\(inserted) documents inserted into \(into)")
        }
    }
}
