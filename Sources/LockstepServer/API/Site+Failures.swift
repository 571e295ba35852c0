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
            guard let bytes = Data(base64Encoded: text),
                let place = (try? BSONDocument(json: Array(bytes)))?["place"]?.document
            else {
                throw APIError.badRequest(
                    "`after` is no place in the list", hint: "take the `next` of the page before")
            }
            after = place
        }
        let page = try await db.failures(
            listener: query["listener"], after: after, limit: limit)
        let next = page.next.map { place in
            Data((["place": BSONValue(place)] as BSONDocument).json.utf8).base64EncodedString()
        }
        return .json([
            "failures": BSONValue(page.failures.map { BSONValue($0.report) }),
            "total": BSONValue(page.total), "next": next.map { BSONValue($0) } ?? .null,
        ])
    }

    /// `GET /v1/failures/reasons?listener=…&limit=…`: how many for each reason of each listener, the most first.
    @Sendable func failureReasons(_ request: Request, _ context: Context) async throws -> Response {
        let query = try Query(request, takes: ["listener", "limit"])
        let limit = try query.number("limit", 1...500) ?? 50
        let (groups, hasMore) = try await db.failureGroups(listener: query["listener"], limit: limit)
        return .json([
            "groups": BSONValue(
                groups.map { group in
                    [
                        "listener": BSONValue(group.listener), "reason": BSONValue(group.reason),
                        "count": BSONValue(group.count), "since": BSONValue(Words.date(group.since)),
                    ] as BSONValue
                }), "hasMore": BSONValue(hasMore),
        ])
    }

    /// `POST /v1/failures/retry`
    @Sendable func retry(_ request: Request, _ context: Context) async throws -> Response {
        let body = try await request.readBody()
        guard let order = try? BSONDocument(json: body.isEmpty ? Array("{}".utf8) : body) else {
            throw APIError.badRequest("the body is no JSON object", hint: #"send {} or {"listener": "…"}"#)
        }
        for (key, value) in order {
            switch (key, value.type) {
            case ("listener", .string), ("reason", .string), ("document", _): break
            case ("listener", _), ("reason", _): throw APIError.badRequest("`\(key)` must be a text")
            default:
                throw APIError.badRequest(
                    "`\(key.prefix(100))` is not known", hint: "there are `listener`, `document` and `reason`"
                )
            }
        }
        if order["document"] != nil, order["listener"] == nil {
            throw APIError.badRequest("`document` needs its `listener`")
        }
        let count = try await db.retryFailures(
            listener: order["listener"]?.string, document: order["document"],
            reason: order["reason"]?.string)
        return .json(["retried": count])
    }
}

extension ParkedDocument {
    fileprivate var report: BSONDocument {
        [
            "listener": BSONValue(listener), "document": documentID, "reason": BSONValue(reason),
            "attempts": BSONValue(attempts), "since": BSONValue(Words.date(since)),
            "at": BSONValue(Words.date(at)),
        ]
    }
}
