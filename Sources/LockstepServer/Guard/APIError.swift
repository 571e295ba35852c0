import Hummingbird
import LockstepAPI

/// An error of a request, answered as JSON with what to do.
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
    func response(from request: Request, context: some RequestContext) throws -> Response {
        let answer = API.ErrorAnswer(error: .init(code: code, message: message, hint: hint))
        return try .json(answer, status: status, headers: headers)
    }
}
