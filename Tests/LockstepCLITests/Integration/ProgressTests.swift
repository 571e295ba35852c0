import Foundation
import Lockstep
import Testing
import TestSupport

/// What people see of long work.
@Suite struct ProgressTests {
    /// A project with 40 MB of texts, and a model that takes its time and says something at each call.
    private func project() throws -> Project {
        let project = try Project(
            try TestServer.uri(), model: "{exec: [python3, noisy.py], version: \"1\", batch: {count: 2}}")
        try project.write(
            "noisy.py",
            """
            import json, sys, time
            for line in sys.stdin:
                request = json.loads(line)
                print("a word of the model", file=sys.stderr, flush=True)
                time.sleep(0.25)
                print(json.dumps({"id": request["id"], "predictions": [1] * len(request["inputs"])}), flush=True)
            """)
        for start in stride(from: 0, to: 40, by: 10) {
            try project.insert((start..<start + 10).map { ($0, String(repeating: "x", count: 1_000_000)) })
        }
        return project
    }

    @Test func theBarAndTheLogNeverShareARow() async throws {
        let project = try project()
        let terminal = try PseudoTerminal([try Executable.path(), "run"], in: project.folder)
        try await terminal.shows("caught up")
        try terminal.send(SIGTERM)
        #expect(try await terminal.status() == 0)
        let pieces = terminal.shown.unicodeScalars.split { $0 == "\n" || $0 == "\r" }.map { String($0) }
        let bars = pieces.filter { $0.contains(" left") && $0.contains("%") }
        #expect(!bars.isEmpty, "\(terminal.shown)")
        for bar in bars { #expect(!bar.contains("word of the model") && !bar.contains("lockstep"), "\(bar)") }
    }
}
