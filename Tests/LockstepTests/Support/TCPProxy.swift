import Foundation
@testable import Lockstep
@testable import LockstepEngine

/// A TCP proxy on this machine whose network can be cut: one thread that moves bytes between pairs of sockets.
final class TCPProxy: Sendable {
    /// What does not come through.
    enum Cut {
        case nothing
        /// What the client sends.
        case requests
        /// What the server sends.
        case answers
        case both
        /// Connections, old and new ones.
        case everything
    }

    private struct State {
        var cut = Cut.nothing
        /// Close every connection at the next turn.
        var resets = false
        var stops = false
        var connections = 0
    }

    private struct Pair {
        let client: Int32
        let server: Int32
    }

    let port: Int
    private let server: Int
    private let listener: Int32
    private let state = Monitor(State())

    struct Failed: Error {
        let what: String
        let code = errno
    }

    /// - Parameter server: the port of this machine to which it leads.
    init(to server: Int) throws {
        self.server = server
        let socket = Self.makeSocket()
        guard socket >= 0, Self.withAddress(0, { bind(socket, $0, $1) }) == 0, listen(socket, 64) == 0
        else { throw Failed(what: "listen") }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let named = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        guard named == 0 else { throw Failed(what: "getsockname") }
        listener = socket
        port = Int(UInt16(bigEndian: address.sin_port))
        startNamedThread("proxy") { [self] in run() }
    }

    /// What comes while the network is cut is kept, as unsent bytes are in real ones.
    func cut(_ cut: Cut) {
        state.withLock { $0.cut = cut }
    }

    /// Lets everything through again.
    ///
    /// - Parameter resetting: drops the connections that there are, and what was kept with them; else that comes late.
    func heal(resetting: Bool = true) {
        state.withLock { state in
            state.cut = .nothing
            state.resets = resetting
        }
    }

    /// Closes every connection; new ones are taken.
    func disconnect() {
        state.withLock { $0.resets = true }
    }

    /// So many have been taken so far.
    var connections: Int {
        state.withLock { $0.connections }
    }

    func stop() {
        state.withLock { $0.stops = true }
    }
}

// MARK: The thread

extension TCPProxy {
    private func run() {
        var pairs: [Pair] = []
        while true {
            let now = state.withLock { state in
                defer { state.resets = false }
                return state
            }
            if now.stops || now.resets || now.cut == .everything {
                for pair in pairs { close(pair) }
                pairs = []
            }
            if now.stops { break }
            turn(&pairs, now.cut)
        }
        Foundation.close(listener)
    }

    private func turn(_ pairs: inout [Pair], _ cut: Cut) {
        // Closed ends are seen also where nothing may come through.
        let request: Int16 = cut == .requests || cut == .both ? 0 : Int16(POLLIN)
        let answer: Int16 = cut == .answers || cut == .both ? 0 : Int16(POLLIN)
        var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        for pair in pairs {
            polled.append(pollfd(fd: pair.client, events: request, revents: 0))
            polled.append(pollfd(fd: pair.server, events: answer, revents: 0))
        }
        // Short, so that a change of the state is soon in force.
        guard poll(&polled, nfds_t(polled.count), 5) > 0 else { return }
        var open: [Pair] = []
        for (index, pair) in pairs.enumerated() {
            let client = move(polled[1 + 2 * index], to: pair.server)
            let server = move(polled[2 + 2 * index], to: pair.client)
            if client, server { open.append(pair) } else { close(pair) }
        }
        pairs = open
        if polled[0].revents & Int16(POLLIN) != 0, let pair = take(cut) { pairs.append(pair) }
    }

    /// False once the connection has ended.
    private func move(_ from: pollfd, to: Int32) -> Bool {
        if from.revents & Int16(POLLIN) == 0 {
            return from.revents & Int16(POLLHUP | POLLERR | POLLNVAL) == 0
        }
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        let count = recv(from.fd, &bytes, bytes.count, 0)
        guard count > 0 else { return false }
        var sent = 0
        while sent < count {
            let more = bytes.withUnsafeBytes {
                send(to, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
            }
            guard more > 0 else { return false }
            sent += more
        }
        return true
    }

    private func take(_ cut: Cut) -> Pair? {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return nil }
        let server = Self.makeSocket()
        guard cut != .everything, server >= 0,
            Self.withAddress(self.server, { connect(server, $0, $1) }) == 0
        else {
            close(Pair(client: client, server: server))
            return nil
        }
        state.withLock { $0.connections += 1 }
        return Pair(client: client, server: server)
    }

    /// At once, as a firewall would.
    private func close(_ pair: Pair) {
        for socket in [pair.client, pair.server] where socket >= 0 {
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            Foundation.close(socket)
        }
    }

    private static func makeSocket() -> Int32 {
        socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    private static func withAddress(
        _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
