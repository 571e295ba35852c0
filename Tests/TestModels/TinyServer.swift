import Foundation
import Glibc
import Synchronization

/// An HTTP server on this machine that answers what it is told, to test what asks one.
package final class TinyServer: Sendable {
    package struct Request: Sendable {
        package let path: String
        /// Names in lower case.
        package let headers: [String: String]
        package let body: [UInt8]
    }

    package struct Answer: Sendable {
        package var status: Int
        package var headers: [(String, String)]
        package var body: [UInt8]
        /// Ends the connection after so many bytes of the body.
        package var cutAfter: Int?
        /// Sends nothing more after so many bytes of the body, until the client goes away.
        package var stallAfter: Int?
        /// Until the answer begins.
        package var delay: Duration

        package init(
            _ status: Int = 200, headers: [(String, String)] = [], _ body: String = "", cutAfter: Int? = nil,
            stallAfter: Int? = nil, delay: Duration = .zero
        ) {
            self.status = status
            self.headers = headers
            self.body = Array(body.utf8)
            self.cutAfter = cutAfter
            self.stallAfter = stallAfter
            self.delay = delay
        }
    }

    package let port: UInt16
    private let listener: Int32
    private let handler: @Sendable (Request) -> Answer
    private let counts = Mutex((connections: 0, requests: 0))

    package init(_ handler: @escaping @Sendable (Request) -> Answer) throws {
        self.handler = handler
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let port: UInt16? = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(descriptor, address, length) == 0, listen(descriptor, 64) == 0,
                    getsockname(descriptor, address, &length) == 0
                else { return nil }
                return pointer.pointee.sin_port.bigEndian
            }
        }
        guard let port else { throw POSIXError(.EADDRNOTAVAIL) }
        self.port = port
        let accepts = Thread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0, let self else { return }
                counts.withLock { $0.connections += 1 }
                Thread { self.serve(connection) }.start()
            }
        }
        accepts.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    package var url: String { "http://127.0.0.1:\(port)" }
    package var connections: Int { counts.withLock { $0.connections } }
    package var requests: Int { counts.withLock { $0.requests } }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var bytes: [UInt8] = []
        while let request = read(connection, &bytes) {
            counts.withLock { $0.requests += 1 }
            let answer = handler(request)
            if answer.delay > .zero { Thread.sleep(forTimeInterval: answer.delay / .seconds(1)) }
            var head = "HTTP/1.1 \(answer.status) X\r\ncontent-length: \(answer.body.count)\r\n"
            for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
            let body =
                (answer.cutAfter ?? answer.stallAfter).map { Array(answer.body.prefix($0)) } ?? answer.body
            guard write(connection, Array((head + "\r\n").utf8) + body), answer.cutAfter == nil else {
                return
            }
            if answer.stallAfter != nil {
                var byte: UInt8 = 0
                _ = recv(connection, &byte, 1, 0)
                return
            }
        }
    }

    private func write(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// The next request; nil at the end of the connection.
    private func read(_ connection: Int32, _ bytes: inout [UInt8]) -> Request? {
        let blank = Array("\r\n\r\n".utf8)
        while true {
            if let end = bytes.firstRange(of: blank) {
                let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(
                    separatedBy: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    headers[parts[0].lowercased()] =
                        parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
                }
                let count = headers["content-length"].flatMap(Int.init) ?? 0
                if bytes.count >= end.upperBound + count {
                    let body = Array(bytes[end.upperBound..<end.upperBound + count])
                    bytes.removeFirst(end.upperBound + count)
                    let path = lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? ""
                    return Request(path: path, headers: headers, body: body)
                }
            }
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            if bytes.isEmpty, buffer[0] == 0x16 {
                // TLS, which it does not speak.
                _ = write(connection, Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
                return nil
            }
            bytes += buffer[..<count]
        }
    }
}
