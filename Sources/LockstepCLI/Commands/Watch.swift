import ArgumentParser
import Lockstep

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints change events as JSON lines, for people and pipes.")

    @OptionGroup var options: CommonOptions

    @Argument(help: "The collection.")
    var collection: String

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let db = try await options.connect(configuration, listeners: [])
            try await db.events(on: Collection(collection)) { event in Terminal.print(event.json) }
        }
    }
}
