import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import Synchronization

/// Sends requests over HTTP, for all models of the process: connections are kept, TLS certificates verified, redirects not
/// followed, and the proxies of the environment taken.
final class HTTPTransport: Transport {
    static let shared = HTTPTransport(.current)

    private let proxies: ProxySettings
    /// While a file is sent or taken, the longest time in which nothing comes.
    private let silence: Duration
    private let clients = Mutex<[Way: HTTPClient]>([:])

    /// What a client is for: each has its own settings.
    private struct Way: Hashable {
        let proxy: ProxySettings.Proxy?
        let isForFiles: Bool
    }

    init(_ proxies: ProxySettings, silence: Duration = .seconds(300)) {
        self.proxies = proxies
        self.silence = silence
    }

    deinit {
        // The one that all share lives as long as the process.
        for client in clients.withLock({ Array($0.values) }) { client.shutdown { _ in } }
    }

    func send(_ call: HTTPCall) async throws(TransportError) -> HTTPAnswer {
        try await within(call.timeout) { await self.exchange(call) }
    }

    /// The client's own deadline ends with the head of the answer.
    func within(
        _ timeout: Duration, _ exchange: @escaping @Sendable () async -> Result<HTTPAnswer, TransportError>
    ) async throws(TransportError) -> HTTPAnswer {
        let outcome = await withTaskGroup(of: Result<HTTPAnswer, TransportError>?.self) { group in
            group.addTask { await exchange() }
            group.addTask {
                // Nil when the exchange was first.
                do { try await Task.sleep(for: timeout) } catch { return nil }
                return .failure(.timedOut)
            }
            var first: Result<HTTPAnswer, TransportError>?
            while first == nil, let next = await group.next() { first = next }
            group.cancelAll()
            return first ?? .failure(.cancelled)
        }
        if Task.isCancelled { throw .cancelled }
        return try outcome.get()
    }

    private func exchange(_ call: HTTPCall) async -> Result<HTTPAnswer, TransportError> {
        var request = request(call)
        if !call.body.isEmpty { request.body = .bytes(ByteBuffer(bytes: call.body)) }
        do {
            let client = try client(for: call.url)
            let response: HTTPClientResponse
            do {
                response = try await client.execute(request, deadline: call.deadline)
            } catch  where call.mayRepeat && Self.isStale(error) {
                // A server may close a kept connection in the moment in which it is used again: it has read nothing.
                response = try await client.execute(request, deadline: call.deadline)
            }
            return .success(try await whole(response, call))
        } catch {
            return .failure(TransportError(error, mostBytes: call.mostBytes))
        }
    }

    func request(_ call: HTTPCall) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: call.url)
        request.method = HTTPMethod(rawValue: call.method)
        request.headers = HTTPHeaders(call.headers.map { ($0.name, $0.value) })
        return request
    }

    func whole(_ response: HTTPClientResponse, _ call: HTTPCall) async throws -> HTTPAnswer {
        let body = try await response.body.collect(upTo: call.mostBytes)
        // A body that is cancelled ends as one that is whole.
        try Task.checkCancellation()
        var headers: [String: String] = [:]
        for header in response.headers { headers[header.name.lowercased()] = header.value }
        return HTTPAnswer(
            status: Int(response.status.code), headers: headers, body: Array(body.readableBytesView))
    }

    /// The connection was closed before anything came.
    private static func isStale(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case let error as IOError: error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
        case ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed, ChannelError.eof: true
        default: false
        }
    }

    func client(for url: String, carryingFiles isForFiles: Bool = false) throws(ProxyProblem) -> HTTPClient {
        let way = Way(proxy: try proxies.proxy(for: url), isForFiles: isForFiles)
        return clients.withLock { clients in
            if let client = clients[way] { return client }
            var configuration = Self.configuration(way.proxy)
            if isForFiles { configuration.timeout.read = .nanoseconds(silence.nanoseconds) }
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            clients[way] = client
            return client
        }
    }

    private static func configuration(_ proxy: ProxySettings.Proxy?) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(10))
        // Each request in flight has its own connection; how many there are the account decides.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 512
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        configuration.decompression = .enabled(limit: .size(Endpoint.mostBytes))
        configuration.proxy = proxy?.setting
        return configuration
    }
}

extension ProxySettings.Proxy {
    fileprivate var setting: HTTPClient.Configuration.Proxy {
        if isSOCKS { return .socksServer(host: host, port: port) }
        guard let credentials else { return .server(host: host, port: port) }
        return .server(host: host, port: port, authorization: .basic(credentials: credentials))
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

extension TransportError {
    /// What the client's errors mean. None of its words is taken that may hold a URL.
    init(_ error: any Error, mostBytes: Int) {
        switch error {
        case is NIOTooManyBytesError: self = .tooLarge(mostBytes)
        case is CancellationError: self = .cancelled
        case let error as ProxyProblem: self = .unreachable(error.description)
        case let error as HTTPClientError:
            switch error {
            case .cancelled: self = .cancelled
            case .deadlineExceeded, .writeTimeout: self = .timedOut
            case .readTimeout: self = .cut("nothing came from it for minutes")
            case .connectTimeout: self = .unreachable("it does not answer within 10 s")
            case .tlsHandshakeTimeout: self = .unreachable("the TLS handshake takes too long")
            case .httpProxyHandshakeTimeout, .socksHandshakeTimeout:
                self = .unreachable("the proxy does not answer")
            case .invalidProxyResponse: self = .unreachable("the proxy refuses to connect to it")
            case .proxyAuthenticationRequired: self = .unreachable("the proxy asks for a password")
            case .remoteConnectionClosed: self = .cut("it closed the connection")
            default: self = .cut(error.shortDescription)
            }
        default: self = .init(words: String(describing: error))
        }
    }

    /// The errors of NIO and of TLS, whose types differ by what was being done.
    init(words: String) {
        if words.contains("CERTIFICATE_VERIFY_FAILED") || words.contains("unableToValidateCertificate") {
            self = .unreachable(
                "nobody that this machine trusts vouches for its TLS certificate: install the certificate of its authority"
            )
        } else if words.contains("WRONG_VERSION_NUMBER") || words.contains("HTTP_REQUEST") {
            self = .unreachable("it does not speak TLS: the `url` may have to begin with `http://`")
        } else if words.contains("SSL") || words.contains("TLS") || words.contains("ertificate") {
            self = .unreachable("the TLS handshake fails")
        } else if words.contains("ECONNREFUSED") || words.contains("errno: 111") || words.contains("refused")
        {
            self = .unreachable("nothing listens there")
        } else if words.contains("unknownHost") || words.contains("NIOConnectionError") {
            self = .unreachable("there is no way to it: its name is unknown, or it does not answer")
        } else if words.contains("too many bytes") || words.contains("Decompression") {
            self = .cut("its answer cannot be decompressed")
        } else {
            self = .cut("the connection failed")
        }
    }
}

extension HTTPCall {
    var deadline: NIODeadline {
        .now() + .nanoseconds(timeout.nanoseconds)
    }
}
