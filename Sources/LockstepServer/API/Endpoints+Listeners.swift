import Foundation
import Hummingbird
import Lockstep
import LockstepAPI

extension Endpoints {
    /// `POST /v1/listeners/{id}/pause`
    @Sendable func pause(_ request: Request, _ context: Context) async throws -> Response {
        let (id, watcher) = try listener(context)
        try await watcher.pause(listener: id, by: "the HTTP API")
        return try .json(API.ListenerAnswer(id: id, state: .paused))
    }

    /// `POST /v1/listeners/{id}/resume`
    @Sendable func resume(_ request: Request, _ context: Context) async throws -> Response {
        let (id, watcher) = try listener(context)
        try await watcher.resume(listener: id, by: "the HTTP API")
        return try .json(API.ListenerAnswer(id: id, state: .resumed))
    }

    /// `POST /v1/listeners/{id}/reconcile`
    @Sendable func reconcile(_ request: Request, _ context: Context) async throws -> Response {
        let (id, watcher) = try listener(context)
        try await watcher.reconcile(listener: id)
        return try .json(API.ListenerAnswer(id: id, state: .reconciling))
    }

    /// The id in the path, where its slashes are written as `%2F`, and who runs it.
    private func listener(_ context: Context) throws -> (id: String, watcher: DatabaseWatcher) {
        let raw = try context.parameters.require("id")
        guard let id = raw.removingPercentEncoding else {
            throw APIError.badRequest("`\(raw.prefix(200))` is not percent-encoded as it should be")
        }
        return (id, try database(running: id).watcher)
    }
}
