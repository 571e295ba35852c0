import LockstepCore
import MongoBSON

/// Asks an API for vectors.
struct EmbeddingAsker: TextAsker {
    let api: any EmbeddingAPI
    let exchange: Exchange
    let dimensions: Int?
    let format: VectorFormat

    func ask(
        _ texts: [String], for purpose: TextPurpose, mayCut: Bool, _ learned: LearnedLimits
    ) async throws(Refusal) -> TextReply {
        var request = EmbeddingRequest(
            model: exchange.model, texts: texts, purpose: purpose, dimensions: dimensions,
            wantsBase64: !learned.value.refusesBase64, mayCut: mayCut)
        do throws(Refusal) {
            return try await ask(request)
        } catch {
            guard error.kind == .noBase64, request.wantsBase64 else { throw error }
            request.wantsBase64 = false
            let reply = try await ask(request, after: error.requests)
            // It takes the rest of the request: so it was that.
            learned.withLock { $0.refusesBase64 = true }
            return reply
        }
    }

    /// - Parameter made: requests before this one.
    private func ask(
        _ request: EmbeddingRequest, after made: Int
    ) async throws(Refusal) -> TextReply {
        do throws(Refusal) {
            var reply = try await ask(request)
            reply.requests += made
            return reply
        } catch {
            throw error.after(made)
        }
    }

    private func ask(_ request: EmbeddingRequest) async throws(Refusal) -> TextReply {
        // A number is 24 letters at most, and few vectors have 8,192 of them.
        let mostBytes = 1 << 20 + request.texts.count * 200_000
        let (answer, json) = try await exchange.post(
            api.path(request), query: api.query, api.body(request), authorization: api.authorization,
            texts: request.texts, mostBytes: mostBytes, packingNumbers: true)
        do throws(BadAnswer) {
            let reply = try api.reply(answer, json, to: request)
            return TextReply(answers: try answers(reply.vectors), tokens: reply.tokens)
        } catch {
            throw exchange.failed(error, answer, json, texts: request.texts)
        }
    }

    func answers(_ vectors: [[Float]]) throws(BadAnswer) -> [Answer] {
        let check = VectorCheck(arraysAreVectors: true)
        if let dimensions, let odd = vectors.first(where: { $0.count != dimensions }),
            vectors.allSatisfy({ $0.count == odd.count })
        {
            throw BadAnswer(
                "gives vectors of length \(odd.count) where `dimensions: \(dimensions)` is asked for: the model has no other, leave `dimensions` out"
            )
        }
        return vectors.map { vector in
            if let dimensions, vector.count != dimensions {
                return .refused(
                    "the model gave a vector of length \(vector.count) where `dimensions` is \(dimensions)")
            }
            let value = BSONValue(vector: vector)
            if let problem = check.problem(value) { return .refused(problem) }
            return .value(format == .array ? BSONValue(vector.map { BSONValue(Double($0)) }) : value)
        }
    }
}
