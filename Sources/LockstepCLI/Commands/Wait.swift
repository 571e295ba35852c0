import ArgumentParser
import Lockstep

struct Wait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Returns when every change committed before the call is reflected in the outputs.")

    @OptionGroup var options: CommonOptions

    @Option(help: "Seconds to wait; exits 1 after that.")
    var timeout: Double = 60

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let db = try await options.connect(configuration, listeners: [])
            try await db.waitForDaemon(timeout: .seconds(timeout))
            if options.json { Terminal.print(#"{"fresh": true}"#) }
        }
    }
}
