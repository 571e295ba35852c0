import Foundation
import Lockstep
import Testing
import TestSupport

/// Commands beside a budget that is spent.
@Suite struct BudgetTests {
    private static let server = """
        import http.server, json, os
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
                data = [{"index": i, "embedding": [len(text), 1]} for i, text in enumerate(texts)]
                body = json.dumps({"data": data, "usage": {"total_tokens": 10 * len(texts)}}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *_): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        open("port.new", "w").write(str(server.server_port))
        os.rename("port.new", "port")
        server.serve_forever()
        """

    @Test func aRepairThatABudgetEndsSaysSo() async throws {
        let project = try Project(try TestServer.uri())
        try project.write("server.py", Self.server)
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments = ["python3", "server.py"]
        server.currentDirectoryURL = URL(fileURLWithPath: project.folder)
        try server.run()
        defer { kill(server.processIdentifier, SIGKILL) }
        func port() -> String? { try? String(contentsOfFile: project.folder + "/port", encoding: .utf8) }
        try await eventually("the server is up") { port() != nil }
        // A token costs one.
        let model = "api: openai, url: \"http://127.0.0.1:\(try #require(port()))/v1\", model: small"
        try project.configure(
            model: "{http: {\(model)}, price: 1000000, budget: 100/day, batch: {count: 2}}")
        try project.insert((0..<40).map { ($0, "text number \($0)") })
        let ending = try await project.lockstep("verify", "--repair")
        #expect(ending.status == 1 && ending.err.contains("the budget of `length`, 100/day"), "\(ending)")
        #expect(ending.err.contains("raise `budget`") && ending.err.contains("again"), "\(ending)")
        #expect(ending.out.contains("not everything is fresh"), "\(ending)")
    }
}
