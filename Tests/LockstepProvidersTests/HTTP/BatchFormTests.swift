import Testing

@testable import LockstepProviders

/// How the lists of jobs are read.
@Suite struct BatchFormTests {
    private func form(_ dialect: FileBatches.Dialect) -> FileBatches {
        FileBatches(dialect: dialect, model: "e") { .string($0) }
    }

    private func list(_ numbers: Range<Int>, hasMore: Bool? = nil) -> JSON {
        let jobs = numbers.map { number -> JSON in
            ["id": .string("job-\(number)"), "metadata": ["lockstep": .string("token-\(number)")]]
        }
        return .object(
            [.init("data", .array(jobs))] + (hasMore.map { [.init("has_more", $0 ? true : false)] } ?? []))
    }

    @Test func numberedPagesGoOnUntilOneIsNotFull() {
        let mistral = form(.mistral)
        #expect(mistral.list(after: nil) == ("/batch/jobs", "page_size=100&page=0"))
        let first = mistral.listing(list(0..<100), after: nil)
        #expect(first.jobs["token-99"] == "job-99" && first.next == "1")
        #expect(mistral.list(after: "1") == ("/batch/jobs", "page_size=100&page=1"))
        #expect(mistral.listing(list(100..<200), after: "1").next == "2")
        let last = mistral.listing(list(200..<207), after: "2")
        #expect(last.jobs["token-206"] == "job-206" && last.next == nil)
    }

    @Test func otherPagesGoOnAfterTheLastJob() {
        let openai = form(.openai)
        #expect(openai.list(after: nil) == ("/batches", "limit=100"))
        #expect(openai.listing(list(0..<100, hasMore: true), after: nil).next == "job-99")
        #expect(openai.list(after: "job-99") == ("/batches", "limit=100&after=job-99"))
        #expect(openai.listing(list(100..<200, hasMore: false), after: "job-99").next == nil)
        #expect(openai.listing(list(0..<100), after: nil).next == nil)
    }

    @Test func whoHasABatchAPI() {
        #expect(HTTPAPI.allCases.filter { $0.batchForm != nil } == [.openai, .voyage, .gemini])
    }
}
