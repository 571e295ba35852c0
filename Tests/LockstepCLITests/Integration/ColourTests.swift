import Foundation
import Testing
import TestSupport

/// What the commands print on a terminal, and what elsewhere.
@Suite struct ColourTests {
    @Test func coloursAreOnATerminalAloneAndNotWhereTheyAreNotWanted() async throws {
        let project = try Project(try TestServer.uri())
        let command = [try Executable.path(), "check"]
        for (environment, isColored) in [([:], true), (["NO_COLOR": "1"], false), (["TERM": "dumb"], false)] {
            let terminal = try PseudoTerminal(command, in: project.folder, environment: environment)
            #expect(try await terminal.status() == 0)
            #expect(terminal.lines.contains { $0.hasPrefix("ok     rights: ") }, "\(terminal.shown)")
            #expect(terminal.shown.contains("\u{1B}[32mok    \u{1B}[0m") == isColored, "\(terminal.shown)")
        }
        let pipe = try await project.lockstep("check")
        #expect(pipe.out.hasPrefix("ok     configuration: lockstep.yaml\n"), "\(pipe)")
    }

    @Test func anErrorIsMarkedOnATerminalAlone() async throws {
        let project = try Project(try TestServer.uri())
        let command = [try Executable.path(), "status", "-c", "nowhere.yaml"]
        let terminal = try PseudoTerminal(command, in: project.folder)
        #expect(try await terminal.status() == 78)
        #expect(terminal.shown.contains("\u{1B}[31mlockstep:\u{1B}[0m nowhere.yaml"), "\(terminal.shown)")
        let pipe = try await project.lockstep("status", "-c", "nowhere.yaml")
        #expect(pipe.err.hasPrefix("lockstep: nowhere.yaml: there is no such file"), "\(pipe)")
    }

    @Test func aTableFitsTheTerminalAndIsWholeInAPipe() async throws {
        let project = try Project(try TestServer.uri())
        let reason = "a reason that is far longer than a terminal of sixty columns is wide, to its very end"
        let program = """
            import json, sys
            for line in sys.stdin:
                request = json.loads(line)
                errors = {str(i): "\(reason)" for i in range(len(request["inputs"]))}
                print(json.dumps({"id": request["id"], "predictions": [None] * len(errors), "errors": errors}), flush=True)
            """
        try project.write("length.py", program)
        try project.insert([(1, "a")])
        _ = try await project.lockstep("verify", "--repair")
        let pipe = try await project.lockstep("failures")
        #expect(pipe.out.contains(reason), "\(pipe)")
        for columns in [60, 200] {
            let terminal = try PseudoTerminal(
                [try Executable.path(), "failures"], in: project.folder, columns: columns)
            #expect(try await terminal.status() == 0)
            for line in terminal.lines { #expect(line.count <= columns, "\(line)") }
            #expect(terminal.lines.contains { $0.contains(reason) } == (columns == 200), "\(terminal.shown)")
            #expect(terminal.lines.contains { $0.hasSuffix("…") } == (columns == 60), "\(terminal.shown)")
        }
    }
}
