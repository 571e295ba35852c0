import ArgumentParser
import Lockstep

struct Wait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Returns when every change committed before the call is reflected in the outputs.",
        discussion: """
            Needs a `lockstep run` on the same database that runs these listeners, on whatever machine. Exits 1 when the \
            time is over, and within 5 seconds when nobody runs them, with the reason.
            """)

    @OptionGroup var options: CommonOptions

    @Option(
        help: ArgumentHelp(
            "Wait for this listener alone, and those whose outputs it reads; may be given several times.",
            valueName: "id"))
    var listener: [String] = []

    @Option(help: "How long to wait, as 20, 20s or 5m. (default: 60s)", transform: TimeArgument.init)
    var timeout = TimeArgument.seconds(60)

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let wanted = try wanted(configuration.signatures)
            let db = try await options.connect(configuration)
            do {
                // Interrupted, it takes its request back.
                try await StopSignals.cancel {
                    try await db.waitForDaemon(wanted, timeout: timeout.duration)
                }
            } catch LockstepError.timeout(let reason) {
                if options.json { Terminal.print(#"{"fresh": false}"#) }
                throw LockstepError.timeout(reason)
            }
            if options.json { Terminal.print(#"{"fresh": true}"#) }
        }
    }

    /// What is asked for, or 64 where the configuration has no such listener.
    private func wanted(_ known: [ListenerSignature]) throws -> [ListenerSignature] {
        guard !listener.isEmpty else { return known }
        for id in listener { try ListenerArgument.check(id, among: known.map(\.id)) }
        return known.filter { listener.contains($0.id) }
    }
}
