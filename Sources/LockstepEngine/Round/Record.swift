import LockstepCore
import LockstepState
import MongoBSON
import MongoDriver

/// Records which documents are parked, and which are no more.
package struct Record {
    package let handler: Handler

    package init(_ handler: Handler) {
        self.handler = handler
    }

    package func run(_ documents: [RoundDocument]) throws {
        let record = RoundRecord(documents)
        if !record.parking.isEmpty { try park(record.parking) }
        guard handler.health.hasParked else { return }
        try handler.failures.clear(
            listener: handler.listener.id, documents: record.clearing.map(\.id))
    }

    private func park(_ parking: [(document: DocumentKey, failure: Failure)]) throws {
        let (listener, health, log) = (handler.listener, handler.health, handler.log)
        let rules = try parking.last { $0.failure.rule != nil }.map { try self.rules(refusing: $0.failure) }
        let now = currentMilliseconds()
        try handler.failures.park(
            parking.map { document, failure in
                ParkedFailure(
                    listener, document.id, failure, rules: failure.rule == nil ? nil : rules, at: now)
            })
        health.hasParked = true
        if parking.contains(where: { $0.failure.outputBytes != nil }) { health.hasOversized = true }
        handler.statistics.add(parked: parking.count)
        let (told, more) = health.parked(parking.count)
        for (document, failure) in parking.prefix(told) {
            log.warning(
                "\(listener.id): document \(document.id.json) is parked after \(failure.attempts) attempt\(failure.attempts == 1 ? "" : "s"): \(failure.reason)"
            )
        }
        if more > 0 {
            log.warning("\(listener.id): \(more) more documents are parked: see `lockstep failures list`")
        }
    }

    /// The rules of the collection, as they refuse outputs now.
    private func rules(refusing failure: Failure) throws -> String {
        try handler.health.writes.rules(refusing: failure.reason) {
            // What it makes cheap works without it.
            try? handler.failures.indexRefusals()
            return try handler.connection.rules(of: handler.listener.collection.name)
        }
    }
}

extension ParkedFailure {
    fileprivate init(
        _ listener: Listener, _ document: BSONValue, _ failure: Failure, rules: String?, at time: Int64
    ) {
        self.init(
            listener: listener.id, document: document, reason: failure.reason, attempts: failure.attempts,
            input: failure.input, version: listener.model.version, at: time, since: time,
            outputBytes: failure.outputBytes, rule: failure.rule, rules: rules, isStuck: failure.isStuck,
            setup: failure.setup)
    }
}
