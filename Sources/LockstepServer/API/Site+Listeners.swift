import Foundation
import Hummingbird
import Lockstep

extension Site {
    /// `POST /v1/listeners/{id}/pause`
    @Sendable func pause(_ request: Request, _ context: Context) async throws -> Response {
        let id = try listener(context)
        try await watcher.pause(listener: id, by: "the HTTP API")
        return .json(Answer(id: id, state: "paused"))
    }

    /// `POST /v1/listeners/{id}/resume`
    @Sendable func resume(_ request: Request, _ context: Context) async throws -> Response {
        let id = try listener(context)
        try await watcher.resume(listener: id, by: "the HTTP API")
        return .json(Answer(id: id, state: "resumed"))
    }

    /// `POST /v1/listeners/{id}/reconcile`
    @Sendable func reconcile(_ request: Request, _ context: Context) async throws -> Response {
        let id = try listener(context)
        try await watcher.reconcile(listener: id)
        return .json(Answer(id: id, state: "reconciling"))
    }

    private struct Answer: Encodable {
        let id: String
        let state: String
    }

    /// The id in the path, where its slashes are written as `%2F`.
    private func listener(_ context: Context) throws -> String {
        let raw = try context.parameters.require("id")
        guard let id = raw.removingPercentEncoding else {
            throw APIError.badRequest("`\(raw.prefix(200))` is not percent-encoded as it should be")
        }
        return id
    }
}
