import ArgumentParser
import Foundation
import Lockstep
import LockstepConfiguration
import LockstepProviders
import LockstepReading
import Logging

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks at a database and writes a lockstep.yaml for its texts.",
        discussion: """
            Connects to $MONGODB_URI, or to mongodb://127.0.0.1:27017. Looks at some documents of each collection and \
            proposes a listener for each field that looks like text; the others are told in comments. No value of a \
            document gets into the file.

            For the model it looks for one in this folder, asks the usual ports of this machine for an Ollama and other \
            servers of models, and sees whether the environment holds the key of a service. No text and no key is sent \
            anywhere; a service of others is proposed in comments only.
            """)

    @Option(help: "The database. Default: the one in the URI, else the only one there is.")
    var database: String?

    @Option(help: "Look at this collection only; may be given again for more.")
    var collection: [String] = []

    @Option(name: [.short, .long], help: "The file to write.")
    var output = "lockstep.yaml"

    @Flag(help: "Write over a file that is there.")
    var force = false

    @Flag(help: "Print what would be written, and write nothing.")
    var dryRun = false

    @Flag(help: "Print JSON, for programs; errors stay text on stderr.")
    var json = false

    private static let variable = "MONGODB_URI"
    private static let defaultURI = "mongodb://127.0.0.1:27017"

    func validate() throws {
        for name in collection { try validate(collection: name) }
    }

    func run() async throws {
        try await ending {
            try refuseToReplace()
            let (model, alternatives) = try await models()
            let (uri, name, db) = try await connect(model)
            let survey = DatabaseSurvey(db: db)
            if try await !survey.exists() { try await warn(ofAbsent: name, db) }
            let proposal = try await survey.proposal(collection)
            let text = ConfigurationText(
                database: name, uri: PlainURI(uri), proposal: proposal, model: model,
                alternatives: alternatives, token: DaemonServer.makeToken(),
                exampleCollection: try await survey.freeName()
            ).text
            try proofread(text)
            let written = dryRun ? [] : try write(text, model)
            if json {
                Terminal.print(document(text, name, proposal, model, alternatives, written).json)
            } else if dryRun {
                Terminal.write(text)
            } else {
                Terminal.print(
                    summary(redacted(uri: uri), name, proposal, model, alternatives, written))
            }
        }
    }

    private var folder: String {
        URL(fileURLWithPath: output).standardizedFileURL.deletingLastPathComponent().path
    }

    /// Fails before anything is looked at where nothing could be written.
    private func refuseToReplace() throws {
        if !dryRun, !force, FileManager.default.fileExists(atPath: output) {
            throw Failure(
                .wrong, "`\(output)` is there already: `--force` writes over it, `-o` names another file")
        }
    }

    private func models() async throws -> (model: ModelProposal, alternatives: [ModelProposal]) {
        let environment = ProcessInfo.processInfo.environment
        let services = await ServiceSurvey.ask(ServiceQuestion.all(environment: environment))
        let surroundings = Surroundings(folder: folder, environment: environment, services: services)
        guard let models = Registry.standard.proposals(in: surroundings) else {
            throw Failure(.wrong, "internal error: there is no model to propose")
        }
        return models
    }

    /// - Returns: the names of the files.
    private func write(_ text: String, _ model: ModelProposal) throws -> [String] {
        let schema = ModelProposal.File(
            name: ConfigurationSchema.fileName, text: ConfigurationSchema.standard.json.page + "\n")
        var written = [output]
        // The model's file first: without it the configuration is a bad one.
        for file in [model.file, schema].compactMap(\.self) {
            let path = "\(folder)/\(file.name)"
            guard force || !FileManager.default.fileExists(atPath: path) else { continue }
            try NewFile.write(file.text, to: path, mode: 0o644, replacing: force)
            written.append(file.name)
        }
        try NewFile.write(text, to: output, mode: 0o600, replacing: force)
        return written
    }
}

// MARK: The database

extension Init {
    private func connect(_ model: ModelProposal) async throws -> (uri: String, name: String, db: Database) {
        let set = ProcessInfo.processInfo.environment[Self.variable] ?? ""
        let uri = set.isEmpty ? Self.defaultURI : set
        let named = database ?? Lockstep.database(ofURI: uri).flatMap { $0.isEmpty ? nil : $0 }
        // The configuration's own rules, before a server is asked.
        let lines = model.lines.map { "    \($0)" }.joined(separator: "\n")
        try proofread(
            "mongodb: {uri: \"${\(Self.variable):-\(Self.defaultURI)}\", database: \(YAMLText.scalar(named ?? "any"))}\nmodels:\n  a:\n\(lines)\nlisteners: [{model: a, on: a, key: a}]\n",
            or: "$\(Self.variable) or the database cannot be used")
        let admin = try await open(uri, "admin")
        guard let named else {
            let name = try await onlyDatabase(admin)
            return (uri, name, try await open(uri, name))
        }
        return (uri, named, try await open(uri, named))
    }

    private func open(_ uri: String, _ name: String) async throws -> Database {
        do {
            return try await Database.connect(
                ShortTimeouts.added(to: uri), database: name,
                log: Logger(label: "lockstep") { _ in SwiftLogNoOpLogHandler() })
        } catch let error as MongoError {
            throw Failure.unreachable(error, uri: uri, config: "$\(Self.variable)")
        }
    }

    /// Says which databases there are, where the one that was named may be a mistake.
    private func warn(ofAbsent name: String, _ db: Database) async throws {
        let names = try await DatabaseSurvey.databases(db)
        guard !names.contains(name) else { return }
        let meant = suggestion(for: name, among: names).map { "did you mean `\($0)`? " } ?? ""
        let shown = names.prefix(20).map { "`\($0)`" }.joined(separator: ", ")
        let list =
            names.isEmpty
            ? "this user sees none (others are shown with the right `listDatabases`)"
            : "there is \(shown)\(names.count > 20 ? " and \(names.count - 20) more" : "")"
        Terminal.warn("there is no database `\(name)` yet: \(meant)\(list)")
    }

    private func onlyDatabase(_ db: Database) async throws -> String {
        let names = try await DatabaseSurvey.databases(db)
        if names.count == 1 { return names[0] }
        let list =
            names.isEmpty
            ? "there is none yet but MongoDB's own: name the one that is to be"
            : "there is \(names.map { "`\($0)`" }.joined(separator: ", "))"
        throw Failure(.wrong, "which database? Say `--database <name>`: \(list)")
    }
}

// MARK: What is written

extension Init {
    /// What this command writes is never a bad configuration.
    private func proofread(
        _ text: String, or problem: String = "internal error: what would be written is not right"
    ) throws {
        do {
            _ = try Configuration.parse(
                Array(text.utf8), file: output, directory: folder,
                environment: ProcessInfo.processInfo.environment)
        } catch {
            throw Failure(
                .badConfiguration, "\(problem): \(error.problems.map(\.message).joined(separator: "; "))")
        }
    }

    private func document(
        _ text: String, _ name: String, _ proposal: Proposal, _ model: ModelProposal,
        _ alternatives: [ModelProposal], _ written: [String]
    ) -> BSONDocument {
        func list(_ fields: [Proposal.Field]) -> BSONValue {
            BSONValue(
                fields.map { field in
                    var entry: [(String, BSONValue)] = [
                        ("on", BSONValue(field.collection)), ("key", BSONValue(field.key)),
                        ("shape", BSONValue(field.shape)),
                    ]
                    if let reason = field.reason { entry.append(("reason", BSONValue(reason))) }
                    return BSONValue(BSONDocument(entry))
                })
        }
        return [
            "database": BSONValue(name), "model": BSONValue(model.name),
            "alternatives": BSONValue(alternatives.map { BSONValue($0.name) }),
            "listeners": list(proposal.listeners),
            "passedOver": list(proposal.passed),
            "unreachable": BSONValue(
                proposal.unreachable.map {
                    [
                        "on": BSONValue($0.collection), "place": BSONValue($0.place),
                        "reason": BSONValue($0.reason),
                    ] as BSONValue
                }),
            "collections": BSONValue(
                proposal.collections.map {
                    ["name": BSONValue($0.name), "reason": BSONValue($0.reason)] as BSONValue
                }),
            "written": BSONValue(written.map { BSONValue($0) }),
            "text": dryRun ? BSONValue(text) : .null,
        ]
    }

    private func summary(
        _ uri: String, _ name: String, _ proposal: Proposal, _ model: ModelProposal,
        _ alternatives: [ModelProposal], _ written: [String]
    ) -> String {
        var lines = ["looked at `\(name)` at \(uri)"]
        lines.append(
            "\(Style.out.paint("model", .green))     \(model.name)  \(Style.out.paint(model.about, .dim))")
        for other in alternatives {
            lines.append("or        \(other.name)  \(Style.out.paint(other.about, .dim))")
        }
        for field in proposal.listeners {
            lines.append(
                "\(Style.out.paint("listener", .green))  \(field.collection)/\(field.key)  \(Style.out.paint(field.shape, .dim))"
            )
        }
        if let example = proposal.example {
            lines.append(
                "no field was proposed; the example is \(example.collection)/\(example.key), which was passed over (\(example.reason ?? "")): see whether it is what you want"
            )
        } else if proposal.listeners.isEmpty {
            let why = proposal.nothingFound
            lines.append(
                "\(why.prefix(1).lowercased())\(why.dropFirst()): an example is written; put your collection and key there"
            )
        }
        let others =
            proposal.passed.count + proposal.unreachable.count - (proposal.example == nil ? 0 : 1)
        if others > 0 {
            lines.append(
                "\(Terminal.count(others, "other field")) with texts not proposed; the file says why")
        }
        lines.append("written: \(written.joined(separator: ", "))")
        let option = output == "lockstep.yaml" ? "" : " -c \(output)"
        let isSet = !(ProcessInfo.processInfo.environment[Self.variable] ?? "").isEmpty
        lines += [
            "",
            isSet ? "Next, with \(Self.variable) set as it is now:" : "Next:",
            "  lockstep check\(option)    # tries it: MongoDB, the rights, the model",
            "  lockstep plan\(option)     # says what will be computed, and what that costs",
            "  lockstep run\(option)      # keeps the predictions in step from then on",
        ]
        return lines.map { $0.onOneLineButEscapes }.joined(separator: "\n")
    }
}

extension String {
    /// Names of fields may hold line breaks.
    fileprivate var onOneLineButEscapes: String {
        replacing("\n", with: " ").replacing("\r", with: " ")
    }
}
