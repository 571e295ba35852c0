import Foundation
import LockstepAPI
import Testing

@testable import LockstepCLI

/// What people see: widths, colours, tables and bars, without a terminal.
@Suite struct TerminalTests {
    @Test(arguments: [
        ("abc", 3), ("", 0), ("ä", 1), ("e\u{301}", 1), ("日本", 4), ("한", 2), ("🎉", 2), ("❤\u{FE0F}", 2),
        ("a\u{200B}b", 2), ("ｆ", 2), ("é…—", 3),
    ])
    func aTextTakesItsColumns(text: String, columns: Int) {
        #expect(text.columns == columns)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 1, "…"), ("abcdef", 0, ""),
        // A character of two columns is not halved.
        ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本語", 6, "日本語"),
    ])
    func aTextIsCutToColumns(text: String, width: Int, cut: String) {
        #expect(text.cut(to: width, ellipsis: "…") == cut)
    }

    @Test(arguments: [
        (["TERM": "xterm"], true, true), (["TERM": "xterm"], false, false),
        (["TERM": "xterm", "NO_COLOR": "1"], true, false),
        // As no-color.org has it.
        (["TERM": "xterm", "NO_COLOR": ""], true, true),
        (["TERM": "dumb"], true, false), ([:], true, false),
    ])
    func coloursAreForTerminalsThatWantThem(environment: [String: String], isTerminal: Bool, isColored: Bool)
    {
        #expect(Style.isColored(onTerminal: isTerminal, environment: environment) == isColored)
    }

    @Test func paintChangesNothingButTheColour() {
        #expect(Style(isColored: true).paint("x", .red) == "\u{1B}[31mx\u{1B}[0m")
        #expect(Style(isColored: true).paint("x", nil) == "x")
        #expect(Style.plain.paint("x", .red) == "x")
    }

    @Test(arguments: [
        (["LANG": "en_US.UTF-8"], true), (["LANG": "C"], false), ([:], false),
        (["LC_ALL": "C", "LANG": "en_US.UTF-8"], false), (["LC_ALL": "", "LC_CTYPE": "de_DE.utf8"], true),
    ])
    func theLocaleSaysWhatArrives(environment: [String: String], isUTF8: Bool) {
        #expect(Terminal.isUTF8(environment) == isUTF8)
    }

    private static let table = Table(
        header: ["LISTENER", "COUNT", "REASON"],
        rows: [
            ["docs/text/words", "7", "expected a text, found a number of many digits"],
            ["docs/標題/words", "1000", "short"],
        ])

    @Test func aTableIsWholeInAPipe() {
        #expect(
            Self.table.text() == """
                LISTENER         COUNT  REASON
                docs/text/words      7  expected a text, found a number of many digits
                docs/標題/words   1000  short
                """)
    }

    @Test func theWidestColumnOfTextsIsCutToFit() {
        #expect(
            Self.table.text(width: 50) == """
                LISTENER         COUNT  REASON
                docs/text/words      7  expected a text, found a …
                docs/標題/words   1000  short
                """)
    }

    @Test(arguments: 30...90)
    func aTableFitsWhateverTheWidth(width: Int) {
        for line in Self.table.text(width: width).split(separator: "\n") {
            #expect(String(line).columns <= width, "\(line)")
        }
    }

    @Test func aColourTakesNoColumn() {
        var table = Self.table
        table.color = { column, _ in column == 2 ? .red : nil }
        let text = table.text(width: 50, style: Style(isColored: true))
        #expect(text.contains("\u{1B}[31m"))
        #expect(
            text.replacing(/\u{1B}\[[0-9]+m/, with: "").components(separatedBy: "\n").allSatisfy {
                $0.columns <= 50
            })
    }

    @Test func aBarShowsRateAndTimeLeft() {
        let line = ProgressBar.line("docs", 250, of: 1000, after: .seconds(5), width: 80, isUTF8: true)
        #expect(line == "docs ██████░░░░░░░░░░░░░░░░░░ 25%  50/s  15 s left")
        let ascii = ProgressBar.line("docs", 250, of: 1000, after: .seconds(5), width: 80, isUTF8: false)
        #expect(ascii == "docs ######.................. 25%  50/s  15 s left")
        // More than was estimated.
        let more = ProgressBar.line("docs", 2000, of: 1000, after: .seconds(5), width: 80, isUTF8: true)
        #expect(more.hasSuffix("100%  400/s  0 s left"))
    }

    @Test(arguments: [20, 30, 40, 50, 80, 200])
    func aBarStaysOnItsLine(width: Int) {
        for name in ["d", "集合集合集合集合集合集合集合集合集合集合集合集合", String(repeating: "x", count: 200)] {
            let line = ProgressBar.line(
                name, 123_456, of: 10_000_000, after: .seconds(77), width: width, isUTF8: true)
            #expect(line.columns < width, "\(line)")
        }
    }
}

/// What `status --watch` shows, without a daemon.
@Suite struct StatusScreenTests {
    static let json = """
        {"version": "0.1.0", "database": "shop", "uri": "mongodb://lockstep:***@db1:27017", "host": "db1", "pid": 4711,
         "at": "2026-11-23T03:00:00.123Z", "startedAt": "2026-11-23T02:00:00.000Z", "state": "backfilling", "ready": true,
         "problems": [
           {"code": "backfilling", "severity": "info", "listener": null, "listeners": [],
            "detail": null, "message": "Documents are scanned.", "hint": "Wait."},
           {"code": "modelOut", "severity": "error", "listener": "docs/text/minilm",
            "listeners": ["docs/text/minilm"], "detail": null,
            "message": "The model `minilm` fails: connection refused. 1,204 documents wait; nothing is lost.", "hint": "Start it."}],
         "position": null, "lagSeconds": 0.4, "headroom": {"seconds": 86000, "windowSeconds": 86400},
         "queue": {"documents": 12, "bytes": 3400, "limitBytes": 33554432},
         "counts": {"inserts": 10, "updates": 5, "replaces": 0, "deletes": 1, "modelCalls": 2, "modelInputs": 20, "outputs": 30,
           "removed": 0, "superseded": 0, "alreadyFresh": 0, "parked": 0, "retries": 0, "positionsSaved": 3, "waiting": 12,
           "waitingBytes": 3400},
         "memoryBytes": 38000000,
         "listeners": [
           {"id": "docs/text/minilm", "on": "docs", "key": "text", "model": "minilm", "version": "ab", "output": "x",
            "where": null, "state": "out", "reason": "connection refused", "documents": 1000, "withoutInput": 0, "fresh": 500, "stale": 100, "missing": 300,
            "failed": 1, "truncated": 0, "unchecked": 99, "waiting": 10,
            "reconcile": {"documents": 120, "total": 1000, "perSecond": 350.0, "secondsLeft": 2.5},
            "modelSeconds": {"p50": 0.012, "p99": 0.05}, "predictionsPerSecond": 120.5},
           {"id": "articles/a.long.path.to.a.field/words", "on": "docs", "key": "title", "model": "words", "version": "1",
            "output": "y", "where": null, "state": "ok", "reason": null, "documents": 0, "withoutInput": 0, "fresh": 0, "stale": 0, "missing": 0, "failed": 0,
            "truncated": 0, "unchecked": 0, "waiting": 0, "reconcile": null, "modelSeconds": null, "predictionsPerSecond": 0}],
         "audit": null, "canChange": true}
        """

    private func screen(width: Int = 120, height: Int? = nil, isColored: Bool = false) throws -> StatusScreen
    {
        let status = try JSONDecoder().decode(API.DeploymentStatus.self, from: Data(Self.json.utf8))
        return StatusScreen(
            status: status, rates: nil, outage: nil, address: "http://127.0.0.1:7077",
            text: ScreenText(width: width, style: Style(isColored: isColored)), height: height)
    }

    @Test func theWorstProblemIsSaidInASentenceAndEverythingElseBelow() throws {
        let lines = try screen().lines
        #expect(
            lines.contains(
                "The model `minilm` fails: connection refused. 1,204 documents wait; nothing is lost."))
        let title = "lockstep  shop at mongodb://lockstep:***@db1:27017"
        let place = "backfilling  db1 (process 4711)"
        #expect(lines.first == title + String(repeating: " ", count: 120 - title.count - place.count) + place)
        let text = lines.joined(separator: "\n")
        for part in [
            "lag 0.4 s   headroom 23.9 h of 24 h   queue 12 documents, 3.4 kB of 33.6 MB   memory 38 MB",
            "  unavailable: connection refused", "  scan: 120 of 1000, 350/s, 2.5 s left", "\nStart it.\n",
            "-  Documents are scanned.", "   Wait.", "12 ms  50 ms  120/s",
        ] {
            #expect(text.contains(part), "\(part)\n\(text)")
        }
        #expect(text.contains("×") && text.contains("░") && text.contains("█"))
    }

    @Test(arguments: [20, 40, 60, 79, 80, 100, 120, 200])
    func itFitsTheTerminal(width: Int) throws {
        for height in [5, 10, 24, 60] {
            var screen = try screen(width: width, height: height, isColored: true)
            for outage in [nil, "connection refused"] {
                screen.outage = outage
                let lines = screen.lines.map { $0.replacing(/\u{1B}\[[0-9]+m/, with: "") }
                #expect(lines.count <= height)
                for line in lines { #expect(line.columns <= width, "\(line)") }
            }
        }
    }

    @Test func whatIsMostImportantStaysOnANarrowTerminal() throws {
        let text = try screen(width: 60).lines.joined(separator: "\n")
        #expect(text.contains("FRESH") && text.contains("FAILED") && !text.contains("P50"))
    }

    @Test func nothingButASCIIGoesToATerminalThatKnowsNoMore() throws {
        var screen = try screen(width: 70)
        screen.text.isUTF8 = false
        #expect(screen.lines.joined().utf8.allSatisfy { $0 < 0x80 })
    }

    @Test func withoutAnAnswerTheLastOneStandsWithABanner() throws {
        var screen = try screen()
        screen.outage = "connection refused"
        #expect(screen.lines[1].hasPrefix("NO ANSWER: connection refused"))
        screen.status = nil
        #expect(screen.lines.contains("lockstep: no answer from http://127.0.0.1:7077"))
    }

    @Test func ratesAreOfOneProcess() throws {
        let old = try JSONDecoder().decode(API.DeploymentStatus.self, from: Data(Self.json.utf8))
        var new = old
        new.databases[0].counts.inserts = 30
        new.databases[0].counts.outputs = 40
        let rates = try #require(DaemonRates(from: old, to: new, seconds: 2)?["shop"])
        #expect(rates.changes == 10 && rates.outputs == 5 && rates.modelInputs == 0)
        new.pid = 1
        #expect(DaemonRates(from: old, to: new, seconds: 2) == nil)
    }
}

/// Commands that are none.
@Suite struct MisspellingTests {
    @Test(arguments: [
        ("stauts", "did you mean `status`?"), ("fialures", "did you mean `failures`?"),
        ("xyzzy", "there is `"), ("failures retri", "did you mean `retry`?"),
        ("help chekc", "did you mean `check`?"), ("Run", "did you mean `run`?"),
    ])
    func theOneThatWasMeantIsNamed(arguments: String, help: String) throws {
        let words = arguments.split(separator: " ").map(String.init)
        let problem = try #require(Misspelling.problem(words, in: LockstepCommand.self))
        #expect(problem.contains(help), "\(problem)")
    }

    @Test(arguments: [
        "", "--help", "--version", "status --bogus", "failures", "failures list -c x", "failures --json",
        "watch stauts", "help", "help failures retry", "import stauts --into x",
    ])
    func whatIsRightIsLeftToTheParser(arguments: String) {
        let words = arguments.split(separator: " ").map(String.init)
        #expect(Misspelling.problem(words, in: LockstepCommand.self) == nil)
    }
}
