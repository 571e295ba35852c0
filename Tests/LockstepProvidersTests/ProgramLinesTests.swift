import Testing

@testable import LockstepProviders

@Suite struct ProgramLinesTests {
    @Test func linesComeOutWhenTheyAreComplete() {
        var lines = ProgramLines()
        #expect(lines.add("one\ntw".utf8, now: 0) == ["one"])
        #expect(lines.add("o\r\n\n  \nthree".utf8, now: 0) == ["two"])
        #expect(lines.last == "two")
        #expect(lines.finish() == ["three"])
        #expect(lines.last == "three")
    }

    @Test func aLongLineIsCut() {
        var lines = ProgramLines()
        let line = String(repeating: "x", count: 5000)
        let logged = lines.add("\(line)\nnext\n".utf8, now: 0)
        #expect(logged == [String(repeating: "x", count: ProgramLines.longest) + "…", "next"])
    }

    @Test func moreThanAHundredLinesASecondAreCountedInstead() {
        var lines = ProgramLines()
        let flood = String(repeating: "line\n", count: 1000)
        #expect(lines.add(flood.utf8, now: 7).count == 100)
        #expect(lines.add("more\n".utf8, now: 7) == [])
        #expect(lines.add("later\n".utf8, now: 8) == ["… 901 more lines left out", "later"])
    }

    @Test func anotherPeriodAndBoundAreCountedTheSame() {
        var lines = ProgramLines(most: 2)
        #expect(lines.add("a\nb\nc\nd\n".utf8, now: 0) == ["a", "b"])
        #expect(lines.add("e\n".utf8, now: 1) == ["… 2 more lines left out", "e"])
    }

    @Test func whatWouldCommandATerminalIsTakenOut() {
        var lines = ProgramLines()
        #expect(lines.add("\u{1B}[31mred\u{7}\tx\n".utf8, now: 0) == ["[31mred\tx"])
    }

    @Test func invalidUTF8IsRepaired() {
        var lines = ProgramLines()
        #expect(lines.add([0x61, 0xFF, 0x0A], now: 0) == ["a\u{FFFD}"])
    }
}
