import LockstepCore
import LockstepSinks
import MongoBSON

/// Asks a model for many inputs: in batches, halved where one fails. One that may be out is tried with single inputs.
package struct Inquiry {
    private let handler: Handler
    private let values: [BSONValue]
    private let ids: [Int: String]
    /// Of the values, where answers go into a memo.
    private let fingerprints: [Fingerprint]
    private let trial: Int?
    private var bisection: Bisection
    private let began = ContinuousClock.now

    /// Documents whose model waits for its budget are looked at again after that: it may be raised.
    private static let budgetPause = Duration.seconds(1)

    package init(_ handler: Handler, _ questions: [Question]) {
        self.handler = handler
        values = questions.map(\.input.value)
        ids = Dictionary(
            uniqueKeysWithValues: questions.enumerated().compactMap { place, question in
                question.id.map { (place, $0) }
            })
        fingerprints = handler.memo == nil ? [] : questions.map(\.input.fingerprint)
        // While it is out one input tells whether it works again: another one each time, since one may break it.
        trial = handler.health.outage == nil ? nil : values.indices.randomElement()
        bisection = Bisection(
            count: values.count,
            batches: handler.listener.model.limits.batches(values.indices, of: values),
            trial: trial)
    }

    /// One outcome for each input, in their order.
    package mutating func run() async -> [Bisection.Outcome] {
        while let range = bisection.next() {
            guard let failure = await ask(range) else { continue }
            // Each half is sent again; of a single input it is decided later.
            if range.count > 1 { handler.statistics.add(retries: range.count) }
            // A model that has answered nothing yet, as far as is known, does not work perhaps: no input is to blame.
            // mechanism never-answered, off: !bisection.isProven becomes false
            let isUnproven =
                !bisection.isProven
                && (trial != nil || handler.knownInputs.input(for: handler.listener) == nil)
            guard isUnproven || bisection.suspectsOutage else { continue }
            switch await works() {
            case true?: bisection.absolve()
            case false?: bisection.confirmOutage(failure)
            case nil: break
            }
        }
        // Few inputs that all fail are an outage, too, when one fails that is known to be good.
        if let reason = bisection.unprovenFailure, let proven = provenInput(), await answers(proven) == false
        {
            bisection.confirmOutage(reason)
        }
        if bisection.works { handler.health.succeeded(began: began) }
        return bisection.outcomes.map { $0 ?? .unavailable("no answer") }
    }

    /// Asks for some of the inputs, and notes what comes of it.
    ///
    /// - Returns: why the batch failed, when that may be for its inputs.
    private mutating func ask(_ range: Range<Int>) async -> String? {
        do {
            let some = ids.filter { range.contains($0.key) }
            let batch = ProviderBatch(
                Array(values[range]),
                deferred: some.isEmpty
                    ? [:]
                    : Dictionary(uniqueKeysWithValues: some.map { ($0.key - range.lowerBound, $0.value) }))
            succeeded(range, try await call(batch))
            handler.knownInputs.note(values[range.lowerBound], for: handler.listener)
        } catch ModelError.unavailable(let reason) {
            bisection.unavailable(reason)
        } catch ModelError.retryAfter(let time, let reason) {
            bisection.wait(time, reason)
        } catch ModelError.tooLarge where range.count > 1 {
            handler.statistics.add(retries: range.count)
            let (values, limits) = (values, handler.listener.model.limits)
            bisection.tooLarge(range) { limits.batches($0, of: values) }
        } catch let held as AccountHeld {
            bisection.hold(until: held.until)
        } catch is CancellationError {
            bisection.unavailable("it was stopped")
        } catch {
            let reason = String(describing: error)
            bisection.failed(range, reason)
            return reason
        }
        return nil
    }

    /// What it has answered is kept at once: whatever comes next, it need not be paid for again.
    private mutating func succeeded(_ range: Range<Int>, _ reply: ProviderReply) {
        // mechanism memo-keep
        handler.memo?.keep(reply, to: fingerprints[range])
        bisection.succeeded(range, reply.answers, truncated: reply.usage.truncated)
    }

    /// Whether the model answers at least one of some inputs, each alone: first those that are to be asked anyhow.
    ///
    /// - Returns: nil when it may not be asked now; then nothing is left to ask.
    private mutating func works() async -> Bool? {
        for place in bisection.untried {
            bisection.take(place)
            do {
                let batch = ProviderBatch([values[place]], deferred: ids[place].map { [0: $0] } ?? [:])
                succeeded(place..<place + 1, try await call(batch))
                return true
            } catch ModelError.unavailable, is CancellationError {
                // Nothing is known of the input.
                bisection.putBack(place)
            } catch {
                if suspends(error) { return nil }
                bisection.failed(place..<place + 1, String(describing: error))
            }
        }
        guard let proven = provenInput() else { return false }
        return await answers(proven)
    }

    /// - Returns: nil as ``works()`` does.
    private mutating func answers(_ value: BSONValue) async -> Bool? {
        do {
            _ = try await call(ProviderBatch([value]))
            return true
        } catch {
            return suspends(error) ? nil : false
        }
    }

    /// Whether the model is not to be asked for some time. That says nothing of whether it works: all wait that have no
    /// answer.
    private mutating func suspends(_ error: any Error) -> Bool {
        switch error {
        case let held as AccountHeld: bisection.suspend(until: held.until)
        case ModelError.retryAfter(let time, let reason): bisection.suspend(for: time, reason)
        default: return false
        }
        return true
    }

    private func call(_ batch: ProviderBatch) async throws -> ProviderReply {
        let bytes = batch.inputs.reduce(0) { $0 + $1.bytes.count }
        guard let costs = handler.costs else { return try await call(batch, bytes, tokens: 1) }
        let sent = handler.listener.model.frame.bytes(inputs: batch.inputs.count, size: bytes)
        guard let reservation = costs.reserve(bytes: sent) else {
            throw AccountHeld(until: .now + Self.budgetPause)
        }
        do {
            let reply = try await call(batch, bytes, tokens: reservation.tokens)
            costs.ended(reservation, .answered(inputs: batch.inputs.count, reply.usage))
            return reply
        } catch {
            costs.ended(reservation, ModelCosts.Ending(error))
            throw error
        }
    }

    private func call(_ batch: ProviderBatch, _ bytes: Int, tokens: Double) async throws -> ProviderReply {
        let (health, statistics, count) = (handler.health, handler.statistics, batch.inputs.count)
        return try await health.account.ask(health.name, tokens: tokens) {
            statistics.called(inputs: count)
            let began = ContinuousClock.now
            do {
                let reply = try await handler.listener.model.ask(batch)
                guard reply.answers.count == count else {
                    throw ModelError.failed(
                        "the model answered \(reply.answers.count) predictions to \(count) inputs")
                }
                let time = ContinuousClock.now - began
                statistics.answered(after: time, failed: false)
                handler.pace.called(count, took: time)
                handler.pace.weighed(count, bytes: bytes + reply.answers.reduce(0) { $0 + $1.bytes })
                health.account.callSucceeded()
                return reply
            } catch {
                statistics.answered(after: .now - began, failed: true)
                if !(error is CancellationError), !error.isAboutSize, !Task.isCancelled {
                    health.account.callFailed(handler.outage(String(describing: error)), at: began)
                }
                throw error
            }
        }
    }

    /// An input that this version of the model has answered: in this process, or as the documents tell; of another
    /// listener if need be.
    private func provenInput() -> BSONValue? {
        let (listener, known) = (handler.listener, handler.knownInputs)
        if let input = known.input(for: listener) { return input }
        let reader = handler.reader(ByteComparison(nil, isCollated: false))
        guard let values = try? reader.example() else { return known.input(for: listener.model) }
        let input = values.count == 1 ? values[0] : BSONValue(values)
        known.note(input, for: listener)
        return input
    }
}

extension Error {
    /// The call was larger than the model takes, which says nothing of whether it works.
    fileprivate var isAboutSize: Bool {
        if case ModelError.tooLarge = self as any Error { true } else { false }
    }
}

extension BatchLimits {
    /// Cuts some of the values into the ranges that one call takes.
    fileprivate func batches(_ range: Range<Int>, of values: [BSONValue]) -> [Range<Int>] {
        batches(sizes: values[range].map(\.bytes.count)).map {
            range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound
        }
    }
}

extension ModelCosts.Ending {
    fileprivate init(_ error: any Error) {
        switch error {
        case is AccountHeld, is CancellationError: self = .notMade
        case ModelError.retryAfter: self = .refused
        default: self = .failed
        }
    }
}

extension Answer {
    fileprivate var bytes: Int {
        if case .value(let value) = self { value.bytes.count } else { 0 }
    }
}
