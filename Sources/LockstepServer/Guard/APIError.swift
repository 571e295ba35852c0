import Foundation
import Hummingbird
import Lockstep

/// What a client did wrong, or what cannot be done now: as JSON with what to do.
struct APIError: Error {
    let status: HTTPResponse.Status
    let code: String
    let message: String
    var hint: String?
    var headers: HTTPFields = [:]
}

extension APIError {
    static func badRequest(_ message: String, hint: String? = nil) -> APIError {
        APIError(status: .badRequest, code: "badRequest", message: message, hint: hint)
    }

    static func notFound(_ message: String, hint: String? = nil) -> APIError {
        APIError(status: .notFound, code: "notFound", message: message, hint: hint)
    }
}

extension APIError: HTTPResponseError {
    func response(from request: Request, context: some RequestContext) -> Response {
        let body = Body(error: .init(code: code, message: message, hint: hint))
        return .json(body, status: status, headers: headers)
    }

    private struct Body: Encodable {
        struct Content: Encodable {
            let code: String
            let message: String
            let hint: String?
        }
        let error: Content
    }
}

extension Response {
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        json(encode(value), status, headers)
    }

    /// For what holds values of documents: Extended JSON, relaxed, with the fields of an `_id` in their order.
    static func json(_ document: BSONDocument) -> Response {
        json(Data(document.json.utf8), .ok, [:])
    }

    static func encode(_ value: some Encodable) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Only values that JSON cannot hold fail, and there are none.
        return (try? encoder.encode(value)) ?? Data("{}".utf8)
    }

    private static func json(_ body: Data, _ status: HTTPResponse.Status, _ headers: HTTPFields) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: .init(byteBuffer: .init(bytes: body)))
    }
}
