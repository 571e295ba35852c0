import Foundation
import LockstepAPI
import LockstepConfiguration
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks the HTTP server of a running daemon.
///
/// It uses SwiftNIO: Foundation's URLSession needs libcurl, which cannot be linked into the static binary.
struct DaemonClient: Sendable {
    let host: String
    let port: Int
    let token: String?

    /// The largest answer in bytes, and the longest wait in seconds.
    private static let largest = 16 << 20
    private static let patience = 5

    init(_ server: Configuration.ServerSpec) {
        // A server on all addresses answers on loopback.
        host =
            switch server.host {
            case "0.0.0.0": "127.0.0.1"
            case "::", "[::]": "::1"
            default: server.host
            }
        port = server.port
        token = server.token
    }

    var address: String {
        "http://\(authority)"
    }

    private var authority: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// - Returns: the status, and the JSON that it was read from.
    func status() async throws(NoAnswer) -> (status: API.DeploymentStatus, json: String) {
        let (code, body) = try await send(.status)
        guard code == 200 else { throw refusal(code, body) }
        do {
            let status = try JSONDecoder().decode(API.DeploymentStatus.self, from: Data(body))
            return (status, String(decoding: body, as: UTF8.self))
        } catch {
            throw NoAnswer("what answers there is no `lockstep run` of this version")
        }
    }

    private func refusal(_ code: Int, _ body: [UInt8]) -> NoAnswer {
        guard let problem = try? JSONDecoder().decode(API.ErrorAnswer.self, from: Data(body)).error else {
            return NoAnswer("what answers there is no `lockstep run` of this version (status \(code))")
        }
        let hint = problem.hint.map { ": \($0)" } ?? ""
        return NoAnswer("it refuses to tell (status \(code)): \(problem.message)\(hint)")
    }
}

/// Why there is no usable answer; safe to show.
struct NoAnswer: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

// MARK: HTTP

extension DaemonClient {
    private typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private func send(_ route: API.Route) async throws(NoAnswer) -> (Int, [UInt8]) {
        do {
            return try await withThrowingTaskGroup(of: (Int, [UInt8])?.self) { group in
                group.addTask { try await exchange(route) }
                group.addTask {
                    try await Task.sleep(for: .seconds(Self.patience))
                    return nil
                }
                defer { group.cancelAll() }
                guard let answer = try await group.next() ?? nil else {
                    throw NoAnswer("it does not answer within \(Self.patience) s")
                }
                return answer
            }
        } catch let error as NoAnswer {
            throw error
        } catch let error as NIOConnectionError {
            throw NoAnswer(Self.reason(error))
        } catch let error as IOError {
            throw NoAnswer(String(cString: strerror(error.errnoCode)))
        } catch {
            throw NoAnswer("\(error)")
        }
    }

    private static func reason(_ error: NIOConnectionError) -> String {
        if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
            return "there is no host of that name"
        }
        let codes = error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }
        guard let code = codes.first else { return "the connection cannot be made" }
        return String(cString: strerror(code)).lowercased()
    }

    private func exchange(_ route: API.Route) async throws -> (Int, [UInt8]) {
        let channel: Channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(Int64(Self.patience)))
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Channel(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var headers = HTTPHeaders([
                ("Host", authority), ("Accept", "application/json"), ("Connection", "close"),
            ])
            if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
            // At once: a server that has the head has the whole request, and may answer and close before an end.
            let head = HTTPRequestHead(
                version: .http1_1, method: .init(rawValue: route.method.rawValue), uri: route.path,
                headers: headers)
            try await outbound.write(contentsOf: [.head(head), .end(nil)])
            var code = 0
            var body: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let head): code = Int(head.status.code)
                case .body(let bytes):
                    body += bytes.readableBytesView
                    guard body.count <= Self.largest else { throw NoAnswer("it answers without an end") }
                case .end: return (code, body)
                }
            }
            throw NoAnswer("it ended the connection without an answer")
        }
    }
}
