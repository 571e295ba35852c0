import ArgumentParser
import Lockstep

struct FailuresRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Asks the running lockstep, or the next one, to try parked documents again.")

    @OptionGroup var options: CommonOptions

    @Option(help: "Only those of this listener, by its id, as docs/text/words.")
    var listener: String?

    @Option(
        name: .customLong("id"),
        help: """
            Only this document, by its _id: 24 hexadecimal digits are an ObjectId, Extended JSON is what it says, all \
            else is a text.
            """, transform: DocumentIDArgument.read)
    var id: BSONValue?

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let db = try await options.connect(configuration)
            try await Failures.check(listener, configuration, db)
            let count = try await db.retryFailures(listener: listener, document: id)
            if options.json {
                Terminal.print(#"{"retried": \#(count)}"#)
            } else {
                Terminal.print(count == 0 ? nothing : try await text(count, db))
            }
        }
    }

    private func text(_ count: Int, _ db: Database) async throws -> String {
        let parked = "\(Terminal.count(count, "parked document")) will be tried again by"
        // On a standalone server nothing says who runs.
        guard db.deployment.hasChangeStreams else { return "\(parked) `lockstep run`" }
        guard let lease = try await db.daemon.lease(), lease.isAlive else {
            return "\(parked) the next `lockstep run`: none follows this database now"
        }
        return "\(parked) \(lease.holderText) at once"
    }

    private var nothing: String {
        let place = listener.map { " of \($0)" } ?? ""
        guard let id else { return "no document\(place) is parked" }
        return
            "no document\(place) with the _id \(DocumentIDArgument.reading(of: id)) is parked: `lockstep failures list` shows those that are"
    }
}
