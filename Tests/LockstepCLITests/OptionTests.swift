import ArgumentParser
import Foundation
import Lockstep
import LockstepConfiguration
import Logging
import Testing

@testable import LockstepCLI

/// What people type behind options, as tables.
@Suite struct OptionTests {
    @Test(arguments: [
        ("20", Duration.seconds(20)), ("20s", .seconds(20)), ("5m", .seconds(300)), ("0", .zero),
        ("0.1", .milliseconds(100)), ("500ms", .milliseconds(500)), ("1h30m", .seconds(5400)),
    ])
    func aTimeIsSecondsOrSaysItsUnit(text: String, duration: Duration) throws {
        #expect(try TimeArgument(text).duration == duration)
    }

    @Test(arguments: ["", "soon", "-1", "5 m", "nan", "inf", "1e3", "0x10", "5x", "100y", "99999999999"])
    func whatIsNoTimeIsRefused(text: String) {
        #expect(throws: ValidationError.self) { try TimeArgument(text) }
    }

    @Test(arguments: [
        ("warn", Logger.Level.warning), ("warning", .warning), ("WARN", .warning), ("debug", .debug),
    ])
    func aLogLevelIsTakenAsPeopleTypeIt(text: String, level: Logger.Level) throws {
        #expect(try LogLevelArgument.read(text) == level)
    }

    @Test func aLogLevelThatIsNoneNamesTheOneThatWasMeant() {
        let error = #expect(throws: ValidationError.self) { try LogLevelArgument.read("noitce") }
        #expect(error?.message.contains("did you mean `notice`?") == true)
        let other = #expect(throws: ValidationError.self) { try LogLevelArgument.read("verbose mode") }
        #expect(other?.message.contains("`trace`, `debug`, `info`") == true)
    }

    private static let hex = "64b7f0f0f0f0f0f0f0f0f0f0"
    static let ids: [(String, BSONType, String)] = [
        (hex, .objectID, #"{ "$oid" : "\#(hex)" }"#),
        // Digits alone are hexadecimal too.
        ("123456789012345678901234", .objectID, #"{ "$oid" : "123456789012345678901234" }"#),
        (#"{"$oid": "\#(hex)"}"#, .objectID, #"{ "$oid" : "\#(hex)" }"#),
        ("ObjectId('\(hex)')", .objectID, #"{ "$oid" : "\#(hex)" }"#),
        (#"ObjectId("\#(hex)")"#, .objectID, #"{ "$oid" : "\#(hex)" }"#),
        ("NumberLong(7)", .int64, "7"), ("NumberLong('7')", .int64, "7"),
        ("UUID('123e4567-e89b-12d3-a456-426614174000')", .binary, ""),
        ("ISODate('2026-01-01T00:00:00Z')", .date, ""),
        (#""\#(hex)""#, .string, #""\#(hex)""#), ("7", .int32, "7"), ("-7", .int32, "-7"),
        ("1.5", .double, "1.5"), ("true", .bool, "true"), ("abc", .string, #""abc""#),
        ("two words", .string, #""two words""#), ("", .string, #""""#), ("'a'", .string, #""'a'""#),
        ("2026-01-01", .string, #""2026-01-01""#), ("7, \"b\": 8", .string, #""7, \"b\": 8""#),
        ("123e4567-e89b-12d3-a456-426614174000", .string, #""123e4567-e89b-12d3-a456-426614174000""#),
        ("64b7f0f0f0f0f0f0f0f0f0f", .string, #""64b7f0f0f0f0f0f0f0f0f0f""#),
        (#"{"a": 1, "b": [2]}"#, .document, #"{ "a" : 1, "b" : [ 2 ] }"#),
    ]

    @Test(arguments: ids) func anIDIsTakenAsPeoplePasteIt(text: String, type: BSONType, json: String) throws {
        let id = try DocumentIDArgument.read(text)
        #expect(id.type == type, "\(text): \(id.json)")
        if !json.isEmpty { #expect(id.json == json) }
    }

    @Test(arguments: ["{", "{\"$oid\": \"zz\"}", "\"abc"])
    func anIDOfExtendedJSONThatIsNotWholeIsRefused(text: String) {
        #expect(throws: ValidationError.self) { try DocumentIDArgument.read(text) }
    }

    @Test(arguments: [
        (["-c", "x.yaml", "--json", "status"], ["status", "-c", "x.yaml", "--json"]),
        (["status", "-c", "x.yaml"], ["status", "-c", "x.yaml"]),
        (
            ["--config=x.yaml", "failures", "list", "--limit", "3"],
            ["failures", "list", "--config=x.yaml", "--limit", "3"]
        ),
        (["failures", "--json", "list"], ["failures", "list", "--json"]),
        (["--log-level", "warn", "failures"], ["failures", "--log-level", "warn"]),
        (["--help"], ["--help"]), (["--json", "--help"], ["--help", "--json"]), ([], []),
        (["import", "-c", "--into", "docs"], ["import", "-c", "--into", "docs"]), (["-c"], ["-c"]),
    ])
    func optionsStandBeforeTheCommandOrAfterIt(typed: [String], parsed: [String]) {
        #expect(LeadingOptions.sorted(typed, in: LockstepCommand.self) == parsed)
    }

    @Test(arguments: [
        (["--json", "stauts"], "did you mean `status`?"),
        (["-c", "a.yaml"], "needs a command: there is `init`"),
        (["failures", "-c", "a", "retri"], "did you mean `retry`?"),
        (["help", "stauts"], "did you mean `status`?"),
    ])
    func aCommandThatIsNoneIsToldBehindOptionsToo(arguments: [String], problem: String) {
        let found = Misspelling.problem(arguments, in: LockstepCommand.self)
        #expect(found?.contains(problem) == true, "\(found ?? "nothing")")
    }

    @Test(arguments: [
        [], ["status"], ["--json", "status"], ["help"], ["help", "status"], ["failures"], ["--help"],
    ])
    func commandsThatAreThereAreNoMisspelling(arguments: [String]) {
        #expect(Misspelling.problem(arguments, in: LockstepCommand.self) == nil)
    }

    @Test func aListenerThatIsNoneNamesTheOneThatWasMeant() {
        let known = ["docs/text/length", "docs/title/length"]
        let typed = #expect(throws: Failure.self) {
            try ListenerArgument.check("docs/text/lenght", among: known)
        }
        #expect(typed?.status == .usage)
        #expect(typed?.description.contains("did you mean `docs/text/length`?") == true)
        let other = #expect(throws: Failure.self) { try ListenerArgument.check("x", among: known) }
        #expect(other?.description.contains("there is `docs/text/length`, `docs/title/length`") == true)
    }
}

/// Lines of the log.
@Suite struct LogTests {
    private static let line = LogLine(
        time: Date(timeIntervalSince1970: 1_795_398_424.5), level: .warning, label: "lockstep",
        message: "docs/text/length: a \"text\"\nof two lines \u{1B}[31m",
        metadata: ["listener": "docs/text/length"])

    @Test func aLineForProgramsIsAnObject() throws {
        let text = Self.line.text(.json)
        #expect(
            text
                == #"{"time":"2026-11-23T01:47:04.500Z","level":"warning","message":"docs/text/length: a \"text\"\nof two lines \u001b[31m","listener":"docs/text/length"}"#
        )
        #expect(!text.contains("\n"))
        #expect(try BSONDocument(json: text)["listener"]?.string == "docs/text/length")
    }

    @Test func aLineForPeopleDoesNotNameItsListenerTwice() {
        #expect(Self.line.text(.text).hasSuffix(" warning lockstep: \(Self.line.message)"))
    }

    @Test func longWorkIsToldOnceAMinute() {
        var pace = ProgressPace()
        let start = ContinuousClock.now
        func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }
        #expect(pace.line("docs", 0, of: 1000, at: at(0)) == nil)
        #expect(pace.line("docs", 100, of: 1000, at: at(59)) == nil)
        #expect(
            pace.line("docs", 120, of: 1000, at: at(60))
                == "docs: 120 of 1000 documents scanned (12 %), 2 a second, about 7.3 min left")
        #expect(pace.line("docs", 200, of: 1000, at: at(100)) == nil)
        // Another collection has its own time.
        #expect(pace.line("more", 0, of: 10, at: at(100)) == nil)
        #expect(pace.line("docs", 240, of: 1000, at: at(120))?.hasPrefix("docs: 240 of 1000") == true)
        #expect(pace.finished("docs", at: at(180)) == "docs: 240 documents scanned in 3 min")
        // What was over within a minute is not told.
        #expect(pace.finished("more", at: at(130)) == nil)
    }
}
