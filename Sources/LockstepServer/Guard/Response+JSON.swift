import Foundation
import Hummingbird
import Lockstep
import LockstepAPI

extension Response {
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        try json(encode(value), status, headers)
    }

    /// For what holds values of documents: relaxed Extended JSON, with all fields in their order.
    static func extendedJSON(_ value: some Encodable) throws -> Response {
        json(Data(try BSONDocument(encoding: value).json.utf8), .ok, [:])
    }

    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    private static func json(_ body: Data, _ status: HTTPResponse.Status, _ headers: HTTPFields) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: .init(byteBuffer: .init(bytes: body)))
    }
}
