import Foundation
import Hummingbird
import Lockstep
import NIOCore
import ServiceLifecycle

extension Site {
    /// `GET /v1/events`: the status each second and the recent changes as they pass, as server-sent events.
    @Sendable func events(_ request: Request, _ context: Context) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { [self] writer in
                try await stream(to: &writer)
                try await writer.finish(nil)
            })
    }

    private static let interval = Duration.milliseconds(250)
    /// Of the changes in one interval.
    private static let changesShown = 20

    @concurrent private func stream(to writer: inout any ResponseBodyWriter) async throws {
        // What happened a moment ago is of interest, too; what went before is not.
        let (recent, count) = watcher.recentChanges()
        var seen = count
        if !recent.isEmpty { try await writer.write(Self.event(recent, skipped: 0)) }
        var round = 0
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            if let event = changes(after: &seen) { try await writer.write(event) }
            if round % 4 == 0 {
                try await writer.write(Self.event("status", Response.encode(observer.report)))
            }
            round += 1
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func changes(after seen: inout Int) -> ByteBuffer? {
        let (changes, count) = watcher.recentChanges(after: seen)
        guard count > seen else { return nil }
        defer { seen = count }
        return Self.event(changes, skipped: count - seen - min(changes.count, Self.changesShown))
    }

    private static func event(_ changes: [RecentChange], skipped: Int) -> ByteBuffer {
        let shown = RecentChange.selection(of: changes, limit: changesShown)
        let report: BSONDocument = [
            "changes": BSONValue(shown.map { BSONValue($0.report) }),
            "skipped": BSONValue(max(0, skipped)),
        ]
        return event("changes", Data(report.json.utf8))
    }

    private static func event(_ name: String, _ data: Data) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString("event: \(name)\ndata: ")
        buffer.writeBytes(data)
        buffer.writeString("\n\n")
        return buffer
    }
}

extension RecentChange {
    fileprivate var report: BSONDocument {
        [
            "seq": BSONValue(number), "at": BSONValue(Words.date(at)), "listener": BSONValue(listener),
            "document": documentID, "outcome": BSONValue(outcome.rawValue),
            "milliseconds": latency.map { BSONValue((($0 / .milliseconds(1)) * 10).rounded() / 10) } ?? .null,
        ]
    }
}
