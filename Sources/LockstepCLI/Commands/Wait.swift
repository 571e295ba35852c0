import ArgumentParser
import Lockstep

struct Wait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Returns when every change committed before the call is reflected in the outputs.",
        discussion: "Needs a running `lockstep run` on the same database. Exits 1 when the time is over.")

    @OptionGroup var options: CommonOptions

    @Option(help: "Seconds to wait.")
    var timeout: Double = 60

    func validate() throws {
        try validate(timeout: timeout)
    }

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let db = try await options.connect(configuration)
            do {
                // Interrupted, it takes its request back.
                try await StopSignals.cancel { try await db.waitForDaemon(timeout: .seconds(timeout)) }
            } catch LockstepError.timeout(let reason) {
                if options.json { Terminal.print(#"{"fresh": false}"#) }
                throw LockstepError.timeout(reason)
            }
            if options.json { Terminal.print(#"{"fresh": true}"#) }
        }
    }
}

extension ParsableCommand {
    /// A time that makes sense, and that a duration can hold.
    func validate(timeout: Double) throws {
        guard timeout >= 0, timeout <= 1e9 else {
            throw ValidationError("--timeout takes seconds, 0 or more, not \(timeout)")
        }
    }
}
