import ArgumentParser
import Foundation
import Logging
import NIOCore

/// The command `lockstep`.
@main
struct LockstepCommand: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "lockstep",
        abstract: "Keeps AI predictions in step with the data in MongoDB, whoever writes it.",
        discussion: """
            The options -c, --json, --log-level and --log-format stand before the command or after it.

            Exit status: 0 done and well; 1 it ran and found something wrong; 64 wrong usage; 69 MongoDB or a model \
            is out of reach; 78 bad configuration.
            """,
        version: Self.version,
        subcommands: [
            Init.self, Check.self, Plan.self, Probe.self, Run.self, Dev.self, Reload.self, Status.self,
            Verify.self, Wait.self, Watch.self, Import.self, Failures.self, Costs.self, Pause.self,
            Resume.self,
            Show.self,
            Schema.self,
        ])

    static func main() async {
        // A reader of our output that goes away ends what is printed, not a daemon.
        signal(SIGPIPE, SIG_IGN)
        // What is asked over HTTP takes little; the processor is for the models.
        NIOSingletons.groupLoopCountSuggestion = 1
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let problem = Misspelling.problem(arguments, in: Self.self) {
            Terminal.fail(problem)
            exit(withError: ExitCode.validationFailure)
        }
        await main(LeadingOptions.sorted(arguments, in: Self.self))
    }
}
