import Foundation
import Hummingbird
import Lockstep
import LockstepAPI

extension Endpoints {
    private static let limits = 1...500
    private static let usualLimit = 50

    /// `GET /v1/failures?listener=…&limit=…&after=…`
    @Sendable func failures(_ request: Request, _ context: Context) async throws -> Response {
        let query = try Query(request, of: .failures)
        let limit = try query.number("limit", Self.limits) ?? Self.usualLimit
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
        let page = try await database(running: query["listener"]).db.parked.page(
            listener: query["listener"], after: after, limit: limit)
        let next = page.next.map { place in
            Data((["place": BSONValue(place)] as BSONDocument).json.utf8).base64EncodedString()
        }
        return try .extendedJSON(
            API.FailurePage(failures: page.failures.map { API.Failure($0) }, total: page.total, next: next))
    }

    /// `GET /v1/failures/reasons?listener=…&limit=…`: how many for each reason of each listener, the most first.
    @Sendable func failureReasons(_ request: Request, _ context: Context) async throws -> Response {
        let query = try Query(request, of: .failureReasons)
        let limit = try query.number("limit", Self.limits) ?? Self.usualLimit
        let (groups, hasMore) = try await database(running: query["listener"]).db.parked.groups(
            listener: query["listener"], limit: limit)
        let reasons = groups.map { group in
            API.FailureReason(
                listener: group.listener, reason: group.reason, count: group.count,
                since: Format.date(group.since))
        }
        return try .extendedJSON(API.FailureReasons(groups: reasons, hasMore: hasMore))
    }

    /// `POST /v1/failures/retry`
    @Sendable func retry(_ request: Request, _ context: Context) async throws -> Response {
        let order = try API.RetryOrder(body: await request.readBody())
        let count = try await database(running: order.listener).db.retryFailures(
            listener: order.listener, document: order.document?.value, reason: order.reason)
        return try .json(API.Retried(retried: count))
    }
}

extension API.RetryOrder {
    /// - Parameter body: of a request; an empty one is an empty order.
    fileprivate init(body: [UInt8]) throws(APIError) {
        guard let fields = try? BSONDocument(json: body.isEmpty ? Array("{}".utf8) : body) else {
            throw .badRequest("the body is no JSON object", hint: #"send {} or {"listener": "…"}"#)
        }
        for (key, value) in fields {
            switch (key, value.type) {
            case ("listener", .string), ("reason", .string), ("document", _): break
            case ("listener", _), ("reason", _): throw .badRequest("`\(key)` must be a text")
            default:
                throw .badRequest(
                    "`\(key.prefix(100))` is not known", hint: "there are `listener`, `document` and `reason`"
                )
            }
        }
        if fields["document"] != nil, fields["listener"] == nil {
            throw .badRequest("`document` needs its `listener`")
        }
        self.init(
            listener: fields["listener"]?.string, document: fields["document"].map { ExtendedJSON($0) },
            reason: fields["reason"]?.string)
    }
}

extension API.Failure {
    fileprivate init(_ parked: ParkedDocument) {
        self.init(
            listener: parked.listener, document: ExtendedJSON(parked.documentID), reason: parked.reason,
            attempts: parked.attempts, since: Format.date(parked.since), at: Format.date(parked.at))
    }
}
