import ArgumentParser

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What `lockstep run` is about to compute and to remove, and what that costs.",
        discussion: """
            Reads all documents once, writes nothing and asks no model. For each listener: documents with an input, those \
            to be computed, different inputs among them, tokens and price by estimate, and the time where a running \
            lockstep knows how fast the model is. What a changed `where` or `key` leaves without an input is to be \
            removed.
            """)

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await ending { try await DryRun(options: options).run() }
    }
}
