import LockstepCore
import MongoBSON
import MongoDriver

/// Makes some documents fresh, in one straight line.
///
/// Each step looks at what the step before left of a document and takes it one state further; see ``RoundDocument``.
/// Everything is decided from the documents as they are now; what an event said is only why we look.
package struct Round {
    package let handler: Handler

    package func run(_ jobs: [Job]) async throws {
        let began = ContinuousClock.now
        handler.statistics.add(retries: jobs.count { $0.change.retry })
        var documents = jobs.map { RoundDocument($0) }
        do {
            try Read(handler).run(&documents)
            judge(&documents)
            let asked = try await Predict(handler).run(&documents)
            settle(&documents)
            let isTaken = try Deliver(handler).run(&documents)
            try Record(handler).run(documents)
            if isTaken { handler.health.writes.succeeded() }
            handler.pace.took(
                documents: jobs.count, inputs: asked.inputs, rest: .now - began - asked.time)
        } catch {
            // All jobs go back to the queue. What the model has said is not asked again.
            keep(documents)
            throw error
        }
        keep(documents.filter { $0.again != nil })
        try Leave(handler, began: began).run(documents)
    }

    private func judge(_ documents: inout [RoundDocument]) {
        let rules = handler.rules
        var digest = SHA256()
        for place in documents.indices { documents[place].judge(rules, with: &digest) }
    }

    private func settle(_ documents: inout [RoundDocument]) {
        let (rules, now) = (handler.rules, currentMilliseconds())
        for place in documents.indices { documents[place].settle(rules, at: now) }
    }

    private func keep(_ documents: [RoundDocument]) {
        for document in documents {
            guard let (input, answer) = document.unstored else { continue }
            handler.keptPredictions.keep(answer, for: input, of: document.job.key)
        }
    }
}
