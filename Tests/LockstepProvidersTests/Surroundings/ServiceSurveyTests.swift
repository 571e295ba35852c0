import Foundation
import LockstepProviders
import Testing

/// Servers on this machine, asked for real.
struct ServiceSurveyTests {
    /// A server in Python that answers each GET with what it is given, and notes what it was asked.
    private static let program = """
        import http.server, json, sys, time
        body, status, delay = sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with open(sys.argv[1] + "/asked", "a") as asked:
                    asked.write(self.path + " " + json.dumps(dict(self.headers)) + "\\n")
                time.sleep(delay)
                self.send_response(status)
                if status == 302: self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())
            def log_message(self, *_): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        with open(sys.argv[1] + "/port.new", "w") as file: file.write(str(server.server_port))
        import os
        os.rename(sys.argv[1] + "/port.new", sys.argv[1] + "/port")
        server.serve_forever()
        """

    private func serving<Result>(
        _ body: String, status: Int = 200, delay: Double = 0,
        _ use: (Int, ProgramFolder) async throws -> Result
    ) async throws -> Result {
        let folder = try ProgramFolder()
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments = ["python3", "-c", Self.program, folder.path, body, "\(status)", "\(delay)"]
        try server.run()
        defer { kill(server.processIdentifier, SIGKILL) }
        try await eventually { FileManager.default.fileExists(atPath: folder.path + "/port") }
        return try await use(try #require(Int(try folder.read("port"))), folder)
    }

    @Test func anOllamaIsFoundByOneGetWithoutAKey() async throws {
        try await serving(#"{"models":[{"name":"nomic-embed-text:latest"}]}"#) { port, folder in
            let questions = ServiceQuestion.all(environment: ["OLLAMA_HOST": "127.0.0.1:\(port)"]).prefix(1)
            // On a busy machine the usual time may be over before Python answers.
            var found: [ModelService] = []
            try await eventually {
                found = await ServiceSurvey.ask(Array(questions), within: .seconds(10))
                return !found.isEmpty
            }
            #expect(found.map(\.url) == ["http://127.0.0.1:\(port)"])
            #expect(found.first?.models.map(\.name) == ["nomic-embed-text:latest"])
            let asked = try folder.read("asked").lowercased()
            #expect(asked.split(separator: "\n").allSatisfy { $0.hasPrefix("/api/tags ") })
            #expect(!asked.contains("authorization") && !asked.contains("key"))
        }
    }

    @Test func aRedirectionIsNotFollowed() async throws {
        try await serving("{}", status: 302) { port, folder in
            let question = ServiceQuestion(.openai, port: port, path: "/models")
            #expect(await ServiceSurvey.ask([question], within: .seconds(10)).isEmpty)
            let asked = try folder.read("asked").split(separator: "\n")
            #expect(asked.count == 1)
        }
    }

    @Test func whatDoesNotAnswerIsNotWaitedFor() async throws {
        try await serving(#"{"data":[]}"#, delay: 60) { port, _ in
            let question = ServiceQuestion(.openai, port: port, path: "/models")
            #expect(await ServiceSurvey.ask([question, question]).isEmpty)
        }
    }
}
