import Foundation
import Hummingbird
import Lockstep

extension Site {
    /// `GET /v1/failures?listener=…&limit=…&after=…`
    @Sendable func failures(_ request: Request, _ context: Context) async throws -> Response {
        let query = try Query(request, takes: ["listener", "limit", "after"])
        let limit = try query.number("limit", 1...500) ?? 50
        var after: BSONDocument?
        if let text = query["after"] {
            guard let bytes = Data(base64Encoded: text), let place = try? BSONDocument(json: Array(bytes))
            else {
                throw APIError.badRequest(
                    "`after` is no place in the list", hint: "take the `next` of the page before")
            }
            after = place
        }
        let page = try await db.failures(
            listener: query["listener"], after: after?["place"]?.document, limit: limit)
        let next = page.next.map { place in
            Data((["place": BSONValue(place)] as BSONDocument).json.utf8).base64EncodedString()
        }
        return .json(
            FailurePage(failures: page.failures.map(FailureEntry.init), total: page.total, next: next))
    }

    /// `POST /v1/failures/retry`
    @Sendable func retry(_ request: Request, _ context: Context) async throws -> Response {
        let body = try await request.readBody()
        guard let order = try? BSONDocument(json: body.isEmpty ? Array("{}".utf8) : body) else {
            throw APIError.badRequest("the body is no JSON object", hint: #"send {} or {"listener": "…"}"#)
        }
        for (key, value) in order {
            switch (key, value.type) {
            case ("listener", .string), ("document", _): break
            case ("listener", _): throw APIError.badRequest("`listener` must be a text")
            default:
                throw APIError.badRequest(
                    "`\(key.prefix(100))` is not known", hint: "there are `listener` and `document`")
            }
        }
        if order["document"] != nil, order["listener"] == nil {
            throw APIError.badRequest("`document` needs its `listener`")
        }
        let count = try await db.retryFailures(
            listener: order["listener"]?.string, document: order["document"])
        return .json(["retried": count])
    }

    private struct FailurePage: Encodable {
        let failures: [FailureEntry]
        let total: Int
        @Nullable var next: String?
    }

    private struct FailureEntry: Encodable {
        let listener: String
        let document: JSONValue
        let reason: String
        let attempts: Int
        let since: String
        let at: String

        init(_ failure: ParkedDocument) {
            listener = failure.listener
            document = JSONValue(failure.documentID)
            reason = failure.reason
            attempts = failure.attempts
            since = Words.date(failure.since)
            at = Words.date(failure.at)
        }
    }
}
