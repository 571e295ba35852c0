@testable import Lockstep
@testable import LockstepCore
@testable import LockstepEngine
@testable import MongoBSON
import Synchronization
import Testing
import TestModels
import TestSupport

/// `verify --recompute`: a model is asked again as patiently as it was asked first.
@Suite struct RecomputationTests {
    @Test func aModelWhoseLimitIsLearnedIsAskedInSmallerCalls() async throws {
        try await withDatabase { db in
            try await db.add(Listener(provider: Particular(), on: docs, key: "text"))
            try await db[docs].insertMany((0..<50).map { ["_id": BSONValue($0), "text": "abc"] })
            try await watching(db) { try await $0.waitUntilQuiet() }
            // Another process knows nothing of what was learned.
            let again = try await Database.connect(try TestServer.uri(), database: db.name)
            let model = Particular()
            try await again.add(Listener(provider: model, on: docs, key: "text"))
            #expect(try await again.recompute().map(\.compared) == [50])
            #expect(try await again.recompute().allSatisfy { $0.different.isEmpty })
            #expect(model.limits.count == 8)
        }
    }

    @Test func whoAsksToWaitIsWaitedFor() async throws {
        var inquiry = PatientInquiry(model: Particular(waits: 3))
        let answers = try await inquiry.ask((0..<20).map { BSONValue("text \($0)") })
        #expect(answers.compactMap { $0?.int } == (0..<20).map { "text \($0)".utf8.count })
    }

    @Test func oneThatBreaksTheModelHasNoAnswerAndOnesThatAllDoAreAnError() async throws {
        var inquiry = PatientInquiry(model: Particular())
        let answers = try await inquiry.ask(["a", "break it", "b"])
        #expect(answers == [1, nil, 1])
        await #expect(throws: ModelError.failed("it broke")) {
            try await inquiry.ask((0..<9).map { _ in "break it" })
        }
        var others = PatientInquiry(model: Particular())
        await #expect(throws: ModelError.failed("it broke")) { try await others.ask(["break it"]) }
    }
}

/// Takes eight inputs in one call, and says so when it is asked for more.
private final class Particular: Provider {
    private struct State {
        var limit = 1000
        var waits: Int
    }

    let name = "particular"
    let version = "1"
    let setup: String? = nil
    let account = AccountID("particular")
    let vectors = VectorCheck(arraysAreVectors: false)
    private let state: Mutex<State>

    init(waits: Int = 0) {
        state = Mutex(State(waits: waits))
    }

    var limits: BatchLimits { BatchLimits(count: state.withLock { $0.limit }) }

    func ask(_ batch: ProviderBatch) async throws -> ProviderReply {
        if batch.inputs.count > 8 {
            state.withLock { $0.limit = 8 }
            throw ModelError.tooLarge("List should have at most 8 items")
        }
        let waits = state.withLock { state in
            state.waits -= 1
            return state.waits >= 0
        }
        if waits { throw ModelError.retryAfter(.milliseconds(5), "busy") }
        if batch.inputs.contains("break it") { throw ModelError.failed("it broke") }
        return ProviderReply(batch.inputs.map { .value(BSONValue($0.string?.utf8.count ?? 0)) })
    }
}
