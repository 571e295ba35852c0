import CZlib

/// Unpacks gzip piece by piece, also several members one behind the other, as `cat a.gz b.gz` makes them.
final class Gunzip {
    struct Damage: Error {
        let reason: String
    }

    // zlib keeps a pointer to it: it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var input: [UInt8] = []
    /// No member has begun that has not ended.
    private var isWhole = true

    private static let pieceBytes = 1 << 16
    /// The largest window, and a header of gzip's.
    private static let windowBits: Int32 = 15 + 16

    static func isGzip(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.starts(with: [0x1F, 0x8B])
    }

    init() throws(Damage) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(
            stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw Damage(reason: "zlib cannot begin (\(status))") }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// The next bytes; empty at the end.
    ///
    /// - Parameter more: gives packed bytes, empty at their end.
    func next<Failure: Error>(_ more: () throws(Failure) -> [UInt8]) throws -> [UInt8] {
        while true {
            if input.isEmpty {
                input = try more()
                if input.isEmpty {
                    guard isWhole else { throw Damage(reason: "it ends too early: the file is cut off") }
                    return []
                }
            }
            // What tapes and disks fill up with.
            if isWhole, input.allSatisfy({ $0 == 0 }) {
                input = []
                continue
            }
            let piece = try unpack()
            if !piece.isEmpty { return piece }
        }
    }

    private func unpack() throws(Damage) -> [UInt8] {
        var status = Z_OK
        var used = 0
        isWhole = false
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { output, count in
            input.withUnsafeMutableBufferPointer { input in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                status = inflate(stream, Z_NO_FLUSH)
                used = input.count - Int(stream.pointee.avail_in)
                count = output.count - Int(stream.pointee.avail_out)
            }
        }
        input.removeFirst(used)
        switch status {
        case Z_STREAM_END:
            isWhole = true
            inflateReset(stream)
        case Z_OK, Z_BUF_ERROR: break
        default:
            throw Damage(
                reason: stream.pointee.msg.map { String(cString: $0) } ?? "zlib says \(status)")
        }
        return piece
    }
}
