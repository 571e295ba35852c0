import Foundation
import Lockstep
import Testing

@testable import LockstepCLI

/// What goes wrong before a server is asked.
@Suite struct UsageTests {
    @Test(arguments: [
        "run", "dev", "check", "status", "verify", "wait", "watch", "import", "failures", "failures list",
        "failures retry", "init", "reload", "pause", "resume", "show", "schema",
    ])
    func everyCommandExplainsItself(command: String) async throws {
        let project = try Project("mongodb://127.0.0.1:1")
        let words = command.split(separator: " ").map(String.init)
        let ending = try await Running(words + ["--help"], in: project.folder).ending()
        #expect(ending.status == 0)
        #expect(ending.out.contains("USAGE: lockstep \(command)"), "\(ending)")
        #expect(ending.err.isEmpty)
    }

    @Test(arguments: [
        ["bogus"], ["stauts"], ["failures", "retri"], ["status", "--bogus"], ["status", "--interval", "0"],
        ["reload", "--timeout=-1"], ["init", "--collection", "$a"], ["watch"], ["watch", ""],
        ["import", "a.jsonl"],
        ["import", "a.jsonl", "--into", "$a"], ["dev", "--port", "0"], ["wait", "--timeout=-1"],
        ["wait", "--timeout", "soon"], ["failures", "retry", "--id", "{"], ["pause"], ["show", "docs"],
        ["status", "--log-level", "loud"], ["status", "--log-format", "xml"],
        ["failures", "list", "--limit=-1"],
    ])
    func wrongUsageIsToldWithTheUsage(arguments: [String]) async throws {
        let project = try Project("mongodb://127.0.0.1:1")
        let ending = try await Running(arguments, in: project.folder).ending()
        #expect(ending.status == 64, "\(ending)")
        #expect(ending.out.isEmpty)
        #expect(ending.err.contains("Usage: lockstep"), "\(ending)")
    }

    @Test(arguments: [
        (["stauts"], "did you mean `status`?"), (["failures", "retri"], "did you mean `retry`?"),
        (["status", "--wacth"], "Did you mean '--watch'?"), (["--json", "stauts"], "did you mean `status`?"),
        (["status", "--log-level", "warnign"], "did you mean `warning`?"),
    ])
    func whatWasMeantIsNamed(arguments: [String], help: String) async throws {
        let project = try Project("mongodb://127.0.0.1:1")
        let ending = try await Running(arguments, in: project.folder).ending()
        #expect(ending.status == 64 && ending.err.contains(help), "\(ending)")
    }

    @Test func optionsWorkBeforeTheCommandToo() async throws {
        let project = try Project("mongodb://127.0.0.1:1")
        for arguments in [
            ["-c", "other.yaml", "status"], ["--json", "--config=other.yaml", "failures", "list"],
        ] {
            let ending = try await Running(arguments, in: project.folder).ending()
            #expect(
                ending.status == 78 && ending.err.contains("other.yaml: there is no such file"), "\(ending)")
        }
    }

    @Test func theLogIsAnObjectALineWhereThatIsAskedFor() async throws {
        let project = try Project("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100")
        try project.write(
            "lockstep.yaml",
            """
            mongodb: {uri: "\(project.uri)", database: shop}
            models: {length: {exec: [cat]}, unused: {exec: [cat]}}
            listeners: [{model: length, on: docs, key: text}]
            """)
        let ending = try await project.lockstep("--log-format", "json", "status")
        #expect(ending.status == 69)
        let lines = try ending.err.split(separator: "\n").map { try BSONDocument(json: String($0)) }
        #expect(lines.compactMap { $0["level"]?.string } == ["warning", "error"], "\(ending)")
        #expect(lines[0]["message"]?.string?.contains("no listener uses the model `unused`") == true)
        #expect(lines.allSatisfy { $0["time"]?.string?.hasSuffix("Z") == true })
    }

    @Test func aMissingConfigurationNamesTheFileAndTheOption() async throws {
        let project = try Project("mongodb://127.0.0.1:1")
        for command in ["run", "dev", "check", "status", "verify", "wait", "failures", "reload"] {
            let ending = try await project.lockstep(command, "-c", "other.yaml")
            #expect(ending.status == 78, "\(command): \(ending)")
            #expect((ending.out + ending.err).contains("other.yaml: there is no such file"), "\(ending)")
        }
    }

    @Test func everyMistakeInTheConfigurationIsToldWithItsLine() async throws {
        let project = try Project("mongodb://127.0.0.1:1")
        try project.write(
            "lockstep.yaml",
            """
            mongodb: {url: "mongodb://127.0.0.1", database: shop}
            models: {length: {exec: [cat]}}
            listeners: [{model: nobody, on: docs, key: text}]
            """)
        let ending = try await project.lockstep("run")
        #expect(ending.status == 78)
        #expect(
            ending.err.contains("lockstep.yaml:1:") && ending.err.contains("lockstep.yaml:3:"), "\(ending)")
        try project.write("lockstep.yaml", "mongodb: [")
        #expect(try await project.lockstep("status").err.contains("this is not YAML"))
        let check = try await project.lockstep("check", "--json")
        #expect(check.status == 78)
        #expect(try BSONDocument(json: check.out)["ok"]?.bool == false, "\(check)")
    }

    @Test func aMissingModelIsABadConfiguration() async throws {
        let project = try Project("mongodb://127.0.0.1:1", model: "{openvino: nowhere}")
        for command in ["run", "check", "verify", "status"] {
            let ending = try await project.lockstep(command)
            #expect(ending.status == 78, "\(command): \(ending)")
            #expect((ending.out + ending.err).contains("\(project.folder)/nowhere"), "\(ending)")
        }
    }

    @Test(arguments: ["top@secret", "top/secret", "top?secret", "top:secret", "top%secret"])
    func aPasswordThatIsNotEncodedIsNotShown(password: String) async throws {
        let project = try Project("mongodb://user:\(password)@127.0.0.1:1/")
        let ending = try await project.lockstep("status")
        #expect(ending.status == 78, "\(ending)")
        #expect(ending.err.contains("percent-encoded"), "\(ending)")
        #expect(!ending.err.contains("secret"), "\(ending)")
    }

    @Test func anAbsentServerIsToldWithoutThePassword() async throws {
        let project = try Project("mongodb://user:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=100")
        for command in ["run", "check", "status", "verify", "wait", "failures"] {
            let ending = try await project.lockstep(command)
            #expect(ending.status == 69, "\(command): \(ending)")
            let text = ending.out + ending.err
            #expect(text.contains("mongodb://user:***@127.0.0.1:1/"), "\(ending)")
            #expect(text.contains("Is mongod running there"), "\(ending)")
            #expect(!text.contains("s3cret"), "\(ending)")
        }
    }

    @Test(arguments: [
        ("mongodb://a", "mongodb://a/?serverSelectionTimeoutMS=5000&connectTimeoutMS=5000"),
        ("mongodb://a,b:1/", "mongodb://a,b:1/?serverSelectionTimeoutMS=5000&connectTimeoutMS=5000"),
        (
            "mongodb://a/d?tls=true",
            "mongodb://a/d?tls=true&serverSelectionTimeoutMS=5000&connectTimeoutMS=5000"
        ),
        (
            "mongodb://a/?serverselectiontimeoutms=9",
            "mongodb://a/?serverselectiontimeoutms=9&connectTimeoutMS=5000"
        ),
        ("mongodb://a/?", "mongodb://a/?serverSelectionTimeoutMS=5000&connectTimeoutMS=5000"),
        (
            "mongodb://a/?connectTimeoutMS=1&serverSelectionTimeoutMS=2",
            "mongodb://a/?connectTimeoutMS=1&serverSelectionTimeoutMS=2"
        ),
    ])
    func anAbsentServerIsNoticedWithinSecondsUnlessTheURISaysOtherwise(uri: String, patient: String) {
        #expect(ShortTimeouts.added(to: uri) == patient)
    }

    @Test func tablesHaveOneLineARowWhateverAProgramSays() {
        let table = Terminal.table(["A", "COUNT"], [["x\ny", "7"], ["longer", "1000"]])
        #expect(table == "A       COUNT\nx y         7\nlonger   1000")
    }
}
