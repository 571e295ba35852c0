import LockstepCore
import Logging
import MongoBSON
import MongoDriver

/// Saves what models cost, and sets listeners behind whose budget is spent, so that positions move on meanwhile.
final class CostsFollower: Sendable {
    private let keeper: LedgerKeeper
    private let handlers: PerListener<Handler>
    private let reconciler: Reconciler
    private let endsWhenSpent: Bool
    private let log: Logger

    /// What a killed process has not saved is no more than of this time, while MongoDB answers.
    private static let interval = Duration.seconds(1)
    private static let tidying = Duration.seconds(3600)

    init(
        _ connection: Connection, handlers: PerListener<Handler>, reconciler: Reconciler, mode: SessionMode,
        log: Logger
    ) {
        var seen: Set<String> = []
        let models = handlers.compactMap(\.costs).filter { seen.insert($0.model).inserted }
        keeper = LedgerKeeper(connection, models)
        self.handlers = handlers
        self.reconciler = reconciler
        endsWhenSpent = mode == .repair
        self.log = log
    }

    /// Runs until the session ends.
    func run(until ending: SessionEnding) async {
        guard handlers.contains(where: { $0.costs != nil }) else { return }
        var waiting: Set<ListenerRef> = []
        var (savedAt, tidiedAt) = (ContinuousClock.now, ContinuousClock.now - Self.tidying)
        var outage = OutageLog()
        while !ending.isEnding {
            follow(&waiting, ending)
            if .now - savedAt >= Self.interval {
                savedAt = .now
                save(&outage)
            }
            if .now - tidiedAt >= Self.tidying {
                tidiedAt = .now
                try? keeper.tidy()
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Saves the rest, once no call is made any more.
    func finish() async {
        var outage = OutageLog()
        save(&outage)
    }

    private func save(_ outage: inout OutageLog) {
        do {
            try keeper.save()
            if let text = outage.over(.now) { log.notice("costs are saved again\(text)") }
        } catch {
            // An absent server is reported by others. What was not saved is saved with the next.
            guard (error as? MongoError)?.source == .server, let text = outage.failed(.now) else { return }
            log.warning(
                "what models cost cannot be saved: \("\(error)".withoutStop). Nothing of it is lost while this runs\(text)."
            )
        }
    }

    private func follow(_ waiting: inout Set<ListenerRef>, _ ending: SessionEnding) {
        for handler in handlers {
            let (id, words) = (handler.listener.id, handler.costs?.waits)
            if let words, waiting.insert(handler.index).inserted {
                guard !endsWhenSpent else { return ending.end(.failed(LockstepError.refused(words))) }
                log.about(id).notice("\(id): \(words). Its documents stay pending; nothing is lost.")
                reconciler.setBehind(handler.index)
            } else if words == nil, waiting.remove(handler.index) != nil {
                log.about(id).notice("\(id): its model's budget has room again: its documents are scanned")
            }
        }
    }
}
