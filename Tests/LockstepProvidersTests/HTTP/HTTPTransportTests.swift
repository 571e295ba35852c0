import Foundation
import Synchronization
import TestModels
import Testing

@testable import LockstepProviders

/// Requests over real connections, on this machine.
@Suite struct HTTPTransportTests {
    private let transport = HTTPTransport(ProxySettings([:]))

    private func call(
        _ url: String, _ body: String = "{}", timeout: Duration = .seconds(20), mostBytes: Int = 1 << 20
    ) -> HTTPCall {
        HTTPCall(
            url: url, headers: [(name: "x-test", value: "yes")], body: Array(body.utf8), timeout: timeout,
            mostBytes: mostBytes)
    }

    private func failure(_ call: HTTPCall) async -> TransportError? {
        do throws(TransportError) {
            _ = try await transport.send(call)
            return nil
        } catch {
            return error
        }
    }

    @Test func whatIsSentArrivesAndConnectionsAreKept() async throws {
        let server = try TinyServer { request in
            TinyServer.Answer(
                201, headers: [("X-Seen", "\(request.path) \(request.headers["x-test"] ?? "")")],
                String(decoding: request.body, as: UTF8.self))
        }
        for _ in 0..<20 {
            let answer = try await transport.send(call(server.url + "/a?b=c", "[1]"))
            #expect(
                answer.status == 201 && answer.headers["x-seen"] == "/a?b=c yes"
                    && answer.body == Array("[1]".utf8))
        }
        #expect(server.connections == 1)
    }

    @Test func nobodyThereIsSaidAtOnce() async {
        #expect(await failure(call("http://127.0.0.1:9/")) == .unreachable("nothing listens there"))
    }

    @Test func aServerThatSpeaksNoTLS() async throws {
        let server = try TinyServer { _ in TinyServer.Answer() }
        guard case .unreachable(let why)? = await failure(call("https://127.0.0.1:\(server.port)/")) else {
            Issue.record("it is reached")
            return
        }
        #expect(why.contains("TLS"), "\(why)")
    }

    @Test func noRedirectIsFollowed() async throws {
        let other = try TinyServer { _ in TinyServer.Answer() }
        let server = try TinyServer { _ in TinyServer.Answer(307, headers: [("Location", other.url)]) }
        #expect(try await transport.send(call(server.url)).status == 307)
        #expect(other.requests == 0)
    }

    @Test func anAnswerThatEndsTooEarlyIsNone() async throws {
        let server = try TinyServer { _ in TinyServer.Answer(200, "0123456789", cutAfter: 5) }
        guard case .cut? = await failure(call(server.url)) else {
            Issue.record("it is whole")
            return
        }
    }

    @Test func anAnswerThatIsTooLargeIsNotRead() async throws {
        let server = try TinyServer { _ in TinyServer.Answer(200, String(repeating: "x", count: 100_000)) }
        #expect(await failure(call(server.url, mostBytes: 1000)) == .tooLarge(1000))
    }

    @Test func anAnswerThatTakesTooLongIsNotWaitedFor() async throws {
        let server = try TinyServer { _ in TinyServer.Answer(200, "x", delay: .seconds(20)) }
        #expect(await failure(call(server.url, timeout: .milliseconds(200))) == .timedOut)
    }

    // MARK: Files

    /// Silent after some of it, for longer than a server may be, or beyond the time for the whole file.
    @Test(arguments: [(Duration.milliseconds(200), Duration.seconds(60)), (.seconds(60), .milliseconds(200))])
    func aFileThatStopsComingIsNotWaitedFor(silence: Duration, timeout: Duration) async throws {
        let server = try TinyServer { request in
            TinyServer.Answer(200, "one\ntwo\nthree", stallAfter: 8)
        }
        let transport = HTTPTransport(ProxySettings([:]), silence: silence)
        let began = ContinuousClock.now
        if silence < timeout {
            var lines: [String] = []
            let error = await #expect(throws: TransportError.self) {
                try await transport.lines(call(server.url, timeout: timeout)) {
                    lines.append(String(decoding: $0, as: UTF8.self))
                }
            }
            #expect(error == .cut("nothing came from it for minutes") && lines == ["one", "two"])
        }
        let path = FileManager.default.temporaryDirectory.appending(path: "stalls-\(UUID()).jsonl").path
        try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        await #expect(throws: TransportError.self) {
            try await transport.send(
                call(server.url, timeout: timeout), file: path, prefix: [], suffix: [])
        }
        #expect(.now - began < .seconds(20))
    }

    @Test func whatIsCancelledEndsAtOnce() async throws {
        let server = try TinyServer { _ in TinyServer.Answer(200, "x", delay: .seconds(20)) }
        let (transport, call) = (transport, call(server.url))
        let task = Task { try await transport.send(call) }
        while server.requests == 0 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        await #expect(throws: TransportError.cancelled) { try await task.value }
    }

    @Test func aKeptConnectionThatWasClosedCostsNoError() async throws {
        // It closes each connection after one answer without saying so.
        let server = try TinyServer { _ in TinyServer.Answer(200, "0123456789", cutAfter: 10) }
        for _ in 0..<20 { #expect(try await transport.send(call(server.url)).body.count == 10) }
    }

    @Test func theProxyOfTheEnvironmentIsTaken() async throws {
        let asked = Mutex<[String]>([])
        let proxy = try TinyServer { request in
            asked.withLock { $0.append(request.path) }
            return TinyServer.Answer(403)
        }
        let transport = HTTPTransport(ProxySettings(["http_proxy": proxy.url]))
        await #expect(throws: TransportError.self) {
            try await transport.send(call("http://models.test:8000/v1"))
        }
        #expect(asked.withLock { $0.contains { $0.contains("models.test") } })
    }

    @Test(arguments: [
        (
            "handshakeFailed(sslError([Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED]))",
            "vouches"
        ),
        ("sslError([Error: error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER])", "http://"),
        ("connection reset (error set): Connection refused (errno: 111)", "nothing listens"),
    ])
    func whatTheClientSaysIsUnderstood(words: String, told: String) {
        guard case .unreachable(let why) = TransportError(words: words) else {
            Issue.record("\(words)")
            return
        }
        #expect(why.contains(told))
    }
}
