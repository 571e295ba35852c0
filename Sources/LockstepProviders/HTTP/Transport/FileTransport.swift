import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Sends files and takes them, piece by piece: they are larger than memory has to be.
protocol FileTransport: Sendable {
    /// - Parameters:
    ///   - call: its body is empty.
    ///   - prefix: before the file's bytes, and `suffix` after them.
    func send(
        _ call: HTTPCall, file path: String, prefix: [UInt8], suffix: [UInt8]
    ) async throws(TransportError) -> HTTPAnswer
    /// Lends the lines of an answer of success, without their ends; of another one the body is given back.
    func lines(
        _ call: HTTPCall, _ body: ([UInt8]) throws -> Void
    ) async throws -> HTTPAnswer
}

extension HTTPTransport: FileTransport {
    /// Bytes of a file that are read at once.
    private static let pieceSize = 1 << 18

    func send(
        _ call: HTTPCall, file path: String, prefix: [UInt8], suffix: [UInt8]
    ) async throws(TransportError) -> HTTPAnswer {
        try await within(call.timeout) {
            await self.upload(call, file: path, prefix: prefix, suffix: suffix)
        }
    }

    private func upload(
        _ call: HTTPCall, file path: String, prefix: [UInt8], suffix: [UInt8]
    ) async -> Result<HTTPAnswer, TransportError> {
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            let size = Int(try handle.seekToEnd())
            try handle.seek(toOffset: 0)
            var request = request(call)
            let pieces = FilePieces(handle: handle, prefix: prefix, suffix: suffix, size: Self.pieceSize)
            request.body = .stream(pieces, length: .known(Int64(prefix.count + size + suffix.count)))
            let client = try client(for: call.url, carryingFiles: true)
            let response = try await client.execute(request, deadline: call.deadline)
            return .success(try await whole(response, call))
        } catch {
            return .failure(TransportError(error, mostBytes: call.mostBytes))
        }
    }

    func lines(_ call: HTTPCall, _ body: ([UInt8]) throws -> Void) async throws -> HTTPAnswer {
        let end = ContinuousClock.now + call.timeout
        let response: HTTPClientResponse
        do {
            let client = try client(for: call.url, carryingFiles: true)
            response = try await client.execute(request(call), deadline: call.deadline)
            guard 200..<300 ~= response.status.code else { return try await whole(response, call) }
        } catch {
            throw TransportError(error, mostBytes: call.mostBytes)
        }
        var lines = LineCutter(limit: call.mostBytes)
        var pieces = response.body.makeAsyncIterator()
        while true {
            let piece: ByteBuffer?
            do {
                piece = try await pieces.next()
            } catch {
                throw TransportError(error, mostBytes: call.mostBytes)
            }
            guard let piece else { break }
            try Task.checkCancellation()
            // Each piece is waited for as long as a server may be silent; all of them together have this time.
            guard .now < end else { throw TransportError.timedOut }
            try lines.add(piece.readableBytesView, body)
        }
        try lines.end(body)
        return HTTPAnswer(status: Int(response.status.code), headers: [:], body: [])
    }
}

/// A file with what stands around it, as the body of a request.
private struct FilePieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let handle: FileHandle
    let prefix: [UInt8]
    let suffix: [UInt8]
    let size: Int

    struct AsyncIterator: AsyncIteratorProtocol {
        let pieces: FilePieces
        var isBegun = false
        var isEnded = false

        mutating func next() async throws -> ByteBuffer? {
            if !isBegun {
                isBegun = true
                return ByteBuffer(bytes: pieces.prefix)
            }
            if isEnded { return nil }
            if let data = try pieces.handle.read(upToCount: pieces.size), !data.isEmpty {
                return ByteBuffer(bytes: data)
            }
            isEnded = true
            return ByteBuffer(bytes: pieces.suffix)
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(pieces: self)
    }
}

/// Makes lines of the pieces of a text.
struct LineCutter {
    /// Bytes of one line, at most.
    let limit: Int
    private var rest: [UInt8] = []

    init(limit: Int) {
        self.limit = limit
    }

    mutating func add(_ piece: some Sequence<UInt8>, _ body: ([UInt8]) throws -> Void) throws {
        for part in Array(piece).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            if part.offset > 0 {
                try end(body)
            }
            rest += part.element
            guard rest.count <= limit else { throw TransportError.tooLarge(limit) }
        }
    }

    mutating func end(_ body: ([UInt8]) throws -> Void) throws {
        if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
        if !rest.isEmpty { try body(rest) }
        rest.removeAll(keepingCapacity: true)
    }
}
