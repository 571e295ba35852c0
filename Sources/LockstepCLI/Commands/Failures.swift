import ArgumentParser
import Foundation
import Lockstep

struct Failures: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The parked documents: listed, or tried again.", subcommands: [List.self, Retry.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The parked documents, with reason and attempts; with --json one a line.")

        @OptionGroup var options: CommonOptions

        func run() async throws {
            try await ending {
                let configuration = try options.configuration()
                let db = try await options.connect(configuration)
                let failures = try await db.failures()
                if options.json {
                    for failure in failures { Terminal.print(failure.document.json) }
                } else if failures.isEmpty {
                    Terminal.print("no document is parked")
                } else {
                    Terminal.print(table(failures))
                }
            }
        }

        private func table(_ failures: [ParkedDocument]) -> String {
            var table = Table(
                header: ["LISTENER", "DOCUMENT", "ATTEMPTS", "SINCE", "REASON"],
                rows: failures.map { failure in
                    let at = Date(timeIntervalSince1970: Double(failure.since) / 1000)
                    return [
                        failure.listener, failure.documentID.json, String(failure.attempts),
                        ISO8601DateFormatter().string(from: at), failure.reason,
                    ]
                })
            table.color = { column, _ in column == 4 ? .red : nil }
            return table.text(width: Terminal.outWidth, style: .out)
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks the running lockstep, or the next one, to try parked documents again.")

        @OptionGroup var options: CommonOptions

        @Option(help: "Only those of this listener, as `failures list` names it.")
        var listener: String?

        @Option(
            name: .customLong("id"), help: "Only this document: its _id as JSON, as `failures list` shows it."
        )
        var id: String?

        func validate() throws {
            _ = try document()
        }

        func run() async throws {
            try await ending {
                let configuration = try options.configuration()
                let db = try await options.connect(configuration)
                let count = try await db.retryFailures(listener: listener, document: try document())
                if options.json {
                    Terminal.print(#"{"retried": \#(count)}"#)
                } else {
                    Terminal.print(text(count))
                }
            }
        }

        private func text(_ count: Int) -> String {
            guard count > 0 else {
                return listener == nil && id == nil
                    ? "no document is parked"
                    : "no such document is parked: `lockstep failures list` shows those that are"
            }
            return
                "\(Terminal.count(count, "parked document")) will be tried again by `lockstep run`, at once if it is running"
        }

        private func document() throws -> BSONValue? {
            guard let id else { return nil }
            guard let value = try? BSONDocument(json: #"{"id": \#(id)}"#)["id"] else {
                throw ValidationError(
                    "--id takes JSON, as 7, '\"text\"' with its quotes or '{\"$oid\": \"…\"}', not \(id)")
            }
            return value
        }
    }
}
