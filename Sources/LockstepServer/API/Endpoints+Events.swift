import Foundation
import Hummingbird
import Lockstep
import LockstepAPI
import NIOCore
import ServiceLifecycle

extension Endpoints {
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
    /// Of the changes of a database in one interval.
    private static let changesShown = 20

    @concurrent private func stream(to writer: inout any ResponseBodyWriter) async throws {
        // Changes of a moment ago are of interest, too.
        var feeds = databases.map { ChangeFeed(watcher: $0.watcher) }
        for index in feeds.indices {
            if let recent = feeds[index].begin(limit: Self.changesShown) {
                try await writer.write(Self.event(recent))
            }
        }
        var round = 0
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            for index in feeds.indices {
                if let changes = feeds[index].next(limit: Self.changesShown) {
                    try await writer.write(Self.event(changes))
                }
            }
            if round % 4 == 0 {
                try await writer.write(Self.event(.status, Response.encode(observer.status)))
            }
            round += 1
            try? await Task.sleep(for: Self.interval)
        }
    }

    private static func event(_ changes: API.Changes) throws -> ByteBuffer {
        event(.changes, Data(try BSONDocument(encoding: changes).json.utf8))
    }

    private static func event(_ event: API.Event, _ data: Data) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString("event: \(event.rawValue)\ndata: ")
        buffer.writeBytes(data)
        buffer.writeString("\n\n")
        return buffer
    }
}

/// The changes of a watcher that one reader has not seen.
private struct ChangeFeed {
    let watcher: DatabaseWatcher
    private var seen = 0

    init(watcher: DatabaseWatcher) {
        self.watcher = watcher
    }

    /// The changes of a moment ago; nil without any.
    mutating func begin(limit: Int) -> API.Changes? {
        let (recent, count) = watcher.recentChanges()
        seen = count
        let shown = RecentChange.selection(of: recent, limit: limit)
        return shown.isEmpty ? nil : API.Changes(changes: shown.map { API.Change($0) }, skipped: 0)
    }

    /// The changes since then; nil without any.
    mutating func next(limit: Int) -> API.Changes? {
        let (changes, count) = watcher.recentChanges(after: seen)
        guard count > seen else { return nil }
        defer { seen = count }
        let shown = RecentChange.selection(of: changes, limit: limit)
        return API.Changes(
            changes: shown.map { API.Change($0) }, skipped: max(0, count - seen - shown.count))
    }
}

extension API.Change {
    fileprivate init(_ change: RecentChange) {
        self.init(
            seq: change.number, at: Format.date(change.at), listener: change.listener,
            document: ExtendedJSON(change.documentID), outcome: Outcome(change.outcome),
            milliseconds: change.latency.map { Format.tenths($0 / .milliseconds(1)) })
    }
}

extension API.Change.Outcome {
    fileprivate init(_ outcome: RecentChange.Outcome) {
        self =
            switch outcome {
            case .stored: .stored
            case .removed: .removed
            case .parked: .parked
            }
    }
}
