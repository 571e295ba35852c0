import LockstepCore

/// How a model took one request of a probe.
enum ProbeReply: Sendable {
    case answered([ProbeAnswer], types: [String], usage: Usage)
    /// The request as a whole, or one of its inputs.
    case refused(String)
    /// It wants to be asked later.
    case wait(Duration?, String)
    /// It cannot be reached.
    case out(String)
}

extension ProbeReply {
    /// Asks once.
    static func asking(_ model: any Provider, _ texts: [String], _ input: ProbeInput) async -> ProbeReply {
        do {
            let reply = try await model.ask(ProviderBatch(texts.map(input.value)))
            return ProbeReply(reply, expected: texts.count)
        } catch ModelError.unavailable(let reason) {
            return .out(reason)
        } catch ModelError.retryAfter(let time, let reason) {
            return .wait(time, reason)
        } catch {
            return .refused("\(error)")
        }
    }

    private init(_ reply: ProviderReply, expected: Int) {
        guard reply.answers.count == expected else {
            self = .refused("it gave \(reply.answers.count) answers to \(expected) inputs")
            return
        }
        var answers: [ProbeAnswer] = []
        var types: [String] = []
        for answer in reply.answers {
            switch answer {
            case .value(let value):
                answers.append(ProbeAnswer(value))
                types.append(value.type.name)
            case .refused(let reason):
                self = .refused(reason)
                return
            case .later(let time):
                self = .wait(time, "it has no answer yet")
                return
            case .deferred(_, let time):
                self = .wait(time, "it computes answers later")
                return
            }
        }
        self = .answered(answers, types: types, usage: reply.usage)
    }
}
