import ArgumentParser
import Foundation
import Lockstep
import LockstepConfiguration

struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks the running lockstep to take the changed configuration, from where it is.",
        discussion: """
            Checks the file first. Then sends SIGHUP to the `lockstep run` or `lockstep dev` that follows the database, \
            which must be on this machine, and waits for what comes of it. The daemon reads its own file, with its own \
            environment. It starts the models that are new or changed and asks each for one input; if one does not \
            answer, all stays as it was, and the exit code is 69. A changed `mongodb`, `server`, `reconcileEvery` or \
            `auditEvery` takes a restart. For `lockstep dev` set what \
            the `uri` is made of, as MONGODB_URI, to the connection string that it printed.
            """)

    @OptionGroup var options: CommonOptions

    @Option(
        help: "How long to wait for its answer, as 20, 20s or 5m. (default: 60s)",
        transform: TimeArgument.init)
    var timeout = TimeArgument.seconds(60)

    func run() async throws {
        try await ending {
            let configuration = try options.configuration()
            let assembly = try options.assembly(configuration)
            let db = try await options.connect(configuration)
            let pid = try await daemon(db)
            // Before it is taken: what it removes, too.
            await Warnings.tell(of: db, listeners: assembly.listeners)
            let before = try await ReloadRecord.load(db)?.count ?? 0
            guard kill(pid_t(pid), SIGHUP) == 0 else {
                throw Failure(
                    .wrong,
                    errno == EPERM
                        ? "process \(pid) belongs to another user: run this as that user, or with sudo"
                        : "process \(pid) has just ended: `lockstep status` says who follows the database now"
                )
            }
            try report(try await answer(db, pid: pid, after: before), pid: pid)
        }
    }

    /// The process that follows the database.
    private func daemon(_ db: Database) async throws -> Int {
        guard db.deployment.hasChangeStreams else {
            throw Failure(
                .wrong,
                "on a standalone server nothing says which process watches: send SIGHUP to it yourself, as `kill -HUP <pid>`"
            )
        }
        switch try await db.daemon.lease()?.whereabouts ?? .nowhere {
        case .here(let pid): return pid
        case .elsewhere(let text):
            throw Failure(
                .wrong,
                "\(text) follows this database, on another machine or in another container: run `lockstep reload` there, with the changed file"
            )
        case .nowhere:
            throw Failure(
                .wrong,
                "no `lockstep run` follows this database now: it reads the file when it starts")
        }
    }

    /// What that process says of this very file.
    private func answer(_ db: Database, pid: Int, after before: Int) async throws -> ReloadRecord {
        let fingerprint = ReloadRecord.fingerprint(ofFile: options.config)
        let file = URL(fileURLWithPath: options.config).standardizedFileURL.path
        let deadline = ContinuousClock.now + timeout.duration
        while true {
            if let record = try await ReloadRecord.load(db), record.pid == pid, record.count > before {
                if record.fingerprint == fingerprint { return record }
                // One of the same file was asked for before it changed: what is asked for now comes next.
                guard record.file == file else {
                    throw Failure(
                        .wrong,
                        "process \(pid) reads another file, \(record.file), and has read that anew (\(record.outcome.rawValue))"
                    )
                }
            }
            guard kill(pid_t(pid), 0) == 0 || errno == EPERM else {
                throw Failure(.wrong, "process \(pid) ended when it was asked to reload; its log says why")
            }
            guard .now < deadline else {
                throw Failure(
                    .wrong,
                    "process \(pid) was asked to reload, and has not answered within \(Terminal.duration(timeout.duration)); its log says what comes of it"
                )
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func report(_ record: ReloadRecord, pid: Int) throws {
        if options.json { Terminal.print(record.document.json) }
        guard record.outcome != .refused else {
            throw Failure(
                record.modelsOut.isEmpty ? .badConfiguration : .unavailable,
                "process \(pid) has not taken the file, and goes on as before:\n\(record.problems.joined(separator: "\n"))"
            )
        }
        if !options.json {
            let verb = record.outcome == .taken ? "has taken" : "has read"
            Terminal.print("process \(pid) \(verb) \(options.config): \(record.change.text)")
            if let text = record.change.restartText { Terminal.print(text) }
        }
    }
}
