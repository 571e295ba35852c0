import Foundation
import Lockstep
import Testing
import TestSupport

/// `status --watch` on a real daemon.
@Suite struct StatusWatchTests {
    @Test func itShowsTheDaemonOnATerminalUntilQIsPressed() async throws {
        let (project, daemon) = try await served()
        let terminal = try watch(project)
        try await terminal.shows("All predictions are current.")
        #expect(terminal.shown.contains("\u{1B}[?1049h") && terminal.shown.contains("\u{1B}[?25l"))
        // What it shows may be there before the picture is whole.
        try await eventually("the first picture is whole") {
            terminal.picture.first?.contains("\(project.database) at mongodb://") == true
        }

        try project.insert([(1, "good"), (2, "bad")])
        try await eventually("the counts move") {
            terminal.picture.contains { line in
                line.split(separator: " ").prefix(3) == ["docs/text/length", "3", "2"]
            }
        }
        try await eventually("what failed is said") {
            terminal.picture.contains { $0.contains("1 document") && $0.contains("docs") }
        }
        for (columns, rows) in [(40, 12), (160, 50)] {
            try terminal.resize(columns: columns, rows: rows)
            try await eventually("it fits the new size") {
                let picture = terminal.picture
                return picture.count == rows && picture.last == "q ends this"
            }
            for line in terminal.picture { #expect(line.count <= columns, "\(line)") }
        }
        try terminal.press("q")
        #expect(try await terminal.status() == 0)
        expectSetBack(terminal)
        #expect(try await daemon.stop().status == 0)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGSEGV, SIGABRT])
    func theTerminalIsSetBackHoweverItEnds(signal: Int32) async throws {
        let (project, daemon) = try await served()
        let terminal = try watch(project)
        try await terminal.shows("All predictions are current.")
        if signal == SIGINT {
            // As the key does it.
            try terminal.press("\u{03}")
        } else {
            try terminal.send(signal)
        }
        let status = try await terminal.status()
        #expect(status == (signal == SIGINT || signal == SIGTERM ? 0 : -Int(signal)))
        expectSetBack(terminal)
        #expect(try await daemon.stop().status == 0)
    }

    @Test func itWaitsForADaemonThatIsStartedAnew() async throws {
        let (project, first) = try await served()
        let terminal = try watch(project)
        try await terminal.shows("All predictions are current.")
        #expect(try await first.stop().status == 0)
        try await terminal.shows("NO ANSWER: connection refused")
        let second = try project.start("run")
        try await second.says("caught up")
        try await eventually("it shows the second one") {
            terminal.picture.contains { $0.contains("(process \(second.processID))") }
                && !terminal.picture.contains { $0.contains("NO ANSWER") }
        }
        try terminal.press("q")
        #expect(try await terminal.status() == 0)
        #expect(try await second.stop().status == 0)
    }

    @Test func inAPipeItPrintsBlocksAndLines() async throws {
        let (project, daemon) = try await served()
        let blocks = try project.start("status", "--watch", "--interval", "0.1")
        try await eventually("three blocks") {
            blocks.out.components(separatedBy: "All predictions are current.").count > 3
        }
        let ending = try await blocks.stop(SIGINT)
        #expect(ending.status == 0 && ending.err.isEmpty, "\(ending)")
        #expect(!ending.out.contains("\u{1B}"))
        let json = try project.start("status", "--watch", "--interval", "0.1", "--json")
        try await eventually("three lines") { json.out.count { $0 == "\n" } >= 3 }
        let lines = try await json.stop().lines
        for line in lines {
            #expect(try BSONDocument(json: line)["database"]?.string == project.database)
        }
        #expect(try await daemon.stop().status == 0)
    }

    @Test func whereNobodyAnswersItSaysWhatToDo() async throws {
        let project = try Project(try TestServer.uri())
        try project.serve("{port: \(try TestServer.freePort())}")
        let none = try await project.lockstep("status", "--watch")
        #expect(none.status == 69, "\(none)")
        #expect(
            none.err.contains("no answer from http://127.0.0.1:")
                && none.err.contains("connection refused. Start `lockstep run`"), "\(none)")
        try project.serve("off")
        let off = try await project.lockstep("status", "--watch")
        #expect(off.status == 78 && off.err.contains("`server` is off"), "\(off)")
        // Something that is no Lockstep: MongoDB answers HTTP with a hint.
        let port = try TestServer.replicaSet.get().members[0].port
        try project.serve("{port: \(port)}")
        let other = try await project.lockstep("status", "--watch")
        #expect(other.status == 69 && other.err.contains("no answer from"), "\(other)")
    }

    /// A daemon with its server on a port of its own.
    private func served() async throws -> (Project, Running) {
        let project = try Project(try TestServer.uri())
        try project.serve("{port: \(try TestServer.freePort())}")
        // Of a collection without documents it would warn.
        try project.insert([(0, "good")])
        let daemon = try project.start("run")
        try await daemon.says("caught up")
        return (project, daemon)
    }

    private func watch(_ project: Project) throws -> PseudoTerminal {
        try PseudoTerminal(
            [try Executable.path(), "status", "--watch", "--interval", "0.2"], in: project.folder)
    }

    private func expectSetBack(_ terminal: PseudoTerminal) {
        #expect(terminal.shown.contains("\u{1B}[?25h\u{1B}[?1049l"), "\(terminal.shown.suffix(100))")
        #expect(terminal.isSetBack)
    }
}

extension Project {
    fileprivate func serve(_ server: String) throws {
        let text = try String(contentsOfFile: folder + "/lockstep.yaml", encoding: .utf8)
        let others = text.components(separatedBy: "\n").filter { !$0.hasPrefix("server:") }
        try write("lockstep.yaml", (others + ["server: \(server)"]).joined(separator: "\n"))
    }
}
