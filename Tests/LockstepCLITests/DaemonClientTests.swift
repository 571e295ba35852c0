import LockstepConfiguration
import TestModels
import Testing

@testable import LockstepCLI

/// Questions to a daemon that runs.
@Suite struct DaemonClientTests {
    @Test func anAnswerThatComesAtOnceIsTakenThoughTheServerCloses() async throws {
        // It closes as soon as it has answered, which it may before the client has ended its request.
        let server = try TinyServer { _ in TinyServer.Answer(404, "gone", cutAfter: 4) }
        var spec = Configuration.ServerSpec()
        spec.port = Int(server.port)
        let client = DaemonClient(spec)
        // Many at once, since it hits a client that has to wait for its turn.
        let reasons = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<50 {
                        do {
                            _ = try await client.status()
                        } catch {
                            guard "\(error)".contains("(status 404)") else { return "\(error)" }
                        }
                    }
                    return nil
                }
            }
            return await group.reduce(into: Set<String>()) { if let reason = $1 { $0.insert(reason) } }
        }
        #expect(reasons.isEmpty)
    }
}
