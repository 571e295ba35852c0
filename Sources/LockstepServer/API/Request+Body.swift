import Hummingbird
import NIOCore

extension Request {
    private static let largestBody = 64 << 10
    private static let patience = Duration.seconds(10)

    /// Reads the whole body, with limits of size and time; a stated content type must be JSON.
    func readBody() async throws -> [UInt8] {
        if let type = headers[.contentType], !type.lowercased().hasPrefix("application/json") {
            throw APIError(
                status: .unsupportedMediaType, code: "unsupportedMediaType",
                message: "the body must be JSON, not `\(type.prefix(100))`",
                hint: "send `Content-Type: application/json`")
        }
        let body = body
        return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask {
                do {
                    return Array(buffer: try await body.collect(upTo: Self.largestBody))
                } catch is NIOTooManyBytesError {
                    throw APIError(
                        status: .contentTooLarge, code: "tooLarge",
                        message: "the body is larger than \(Self.largestBody / 1024) KiB")
                }
            }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                return nil
            }
            defer { group.cancelAll() }
            guard let bytes = try await group.next() ?? nil else {
                throw APIError(
                    status: .requestTimeout, code: "timeout",
                    message: "the body did not arrive within \(Self.patience)")
            }
            return bytes
        }
    }
}
