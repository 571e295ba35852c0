import ArgumentParser
import Foundation
import Lockstep
import LockstepAPI
import LockstepConfiguration

struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stops calling a listener's model until `lockstep resume`, over restarts.",
        discussion: """
            The running lockstep takes it up at once, and says so in its log. Other listeners go on. Nothing is lost: \
            what changes meanwhile is found when the listener is resumed.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "The listener's id, as docs/text/words.")
    var listener: String

    func run() async throws {
        try await ending { try await PauseRequest(options: options, listener: listener, pauses: true).send() }
    }
}

struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ends a pause: the listener's documents are scanned, and those that are not fresh computed."
    )

    @OptionGroup var options: CommonOptions

    @Argument(help: "The listener's id, as docs/text/words.")
    var listener: String

    func run() async throws {
        try await ending {
            try await PauseRequest(options: options, listener: listener, pauses: false).send()
        }
    }
}

/// Stores in MongoDB that a listener is paused or resumed: whoever runs reads it there.
private struct PauseRequest {
    let options: CommonOptions
    let listener: String
    let pauses: Bool

    func send() async throws {
        let configuration = try options.configuration()
        let db = try await options.connect(configuration)
        if !configuration.listenerIDs.contains(listener) {
            // One that is gone from the file may be resumed still.
            let paused = try await db.orders.pauses().filter(\.value.isPaused).keys
            try ListenerArgument.check(
                listener, among: configuration.listenerIDs + (pauses ? [] : paused.sorted()))
        }
        let before = try await db.orders.setPaused(listener, pauses, by: Self.user)
        let changes = before?.isPaused ?? false != pauses
        if options.json {
            try Terminal.print(
                json: API.PauseAnswer(listener: listener, paused: pauses, changed: changes))
        } else {
            Terminal.print(changes ? try await change(db) : unchanged(before))
        }
    }

    private func change(_ db: Database) async throws -> String {
        let what = "\(listener) is \(pauses ? "paused" : "resumed")"
        // On a standalone server nothing says who runs.
        guard db.deployment.hasChangeStreams else { return what }
        guard let lease = try await db.daemon.lease(), lease.isAlive else {
            return "\(what): no `lockstep run` follows this database now; the next one takes it up"
        }
        return "\(what): \(lease.holderText) takes it up at once"
    }

    private func unchanged(_ before: PauseStore.Entry?) -> String {
        guard pauses else { return "\(listener) is not paused" }
        let by = before?.by.map { " by \($0)" } ?? ""
        let since = before.map { ", since \(Terminal.date($0.at))" } ?? ""
        return "\(listener) is paused already\(by)\(since)"
    }

    /// As `root@db1`.
    private static var user: String {
        "\(NSUserName())@\(ProcessInfo.processInfo.hostName)"
    }
}
