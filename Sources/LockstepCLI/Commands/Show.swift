import ArgumentParser
import Lockstep
import LockstepAPI
import LockstepConfiguration

struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Shows one document as Lockstep sees it: for each listener input, output, and whether it is fresh.",
        discussion: "Prints values of the document. Exits 1 when there is no such document.")

    @OptionGroup var options: CommonOptions

    @Argument(help: "The collection.")
    var collection: String

    @Argument(
        help: """
            The document's _id: 24 hexadecimal digits are an ObjectId, Extended JSON is what it says, all else is a \
            text.
            """, transform: DocumentIDArgument.read)
    var id: BSONValue

    func validate() throws {
        try validate(collection: collection)
    }

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let assembly = try options.assembly(configuration)
            try check(configuration)
            let db = try await options.connect(configuration, listeners: assembly.listeners)
            let paused = try await db.orders.pauses().filter(\.value.isPaused)
            let follower = try await Follower.find(db)
            guard let views = try await db.inspection.view(id, in: Collection(collection)) else {
                throw Failure(
                    .wrong,
                    "`\(collection)` has no document with the _id \(DocumentIDArgument.reading(of: id))")
            }
            let sights = views.map {
                ListenerSight($0, pause: paused[$0.listener.id], follower: follower)
            }
            if options.json {
                try Terminal.print(
                    json: API.ShownDocument(
                        collection: collection, id: ExtendedJSON(id), listeners: sights.map(\.value)))
            } else {
                let width = Terminal.outWidth
                Terminal.print(sights.map { $0.text(width: width, style: .out) }.joined(separator: "\n\n"))
            }
        }
    }

    private func check(_ configuration: Configuration) throws {
        let known = Set(configuration.listeners.map(\.collection)).sorted()
        guard !known.contains(collection) else { return }
        let help =
            suggestion(for: collection, among: known).map { "did you mean `\($0)`?" }
            ?? "listeners read \(known.map { "`\($0)`" }.joined(separator: ", "))"
        throw Failure(.usage, "no listener reads the collection `\(collection)`: \(help)")
    }
}
