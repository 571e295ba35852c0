import LockstepCore
import Testing

/// What a process does with a job that another one left: it must neither start it twice nor lose it.
struct BatchJobTests {
    private func job(_ phase: BatchJob.Phase, file: String? = nil, job id: String? = nil) -> BatchJob {
        var job = BatchJob(token: "t", listener: "docs/text/m", model: "m", version: "1", inputs: 3, at: 0)
        (job.phase, job.file, job.job) = (phase, file, id)
        return job
    }

    @Test func aJobThatWasOnlyPreparedIsGivenUp() {
        #expect(job(.prepared).resumed(found: nil) == .giveUp)
    }

    @Test func aJobThatWasAboutToBeStartedIsStartedIfTheProviderHasNone() {
        #expect(job(.starting, file: "f").resumed(found: nil) == .start(file: "f"))
    }

    @Test func aJobThatWasStartedBeforeItsNameWasSavedIsFoundAndNotStartedAgain() {
        #expect(job(.starting, file: "f").resumed(found: "b") == .ask(job: "b"))
    }

    @Test func aRunningJobIsAskedFor() {
        #expect(job(.running, file: "f", job: "b").resumed(found: nil) == .ask(job: "b"))
    }

    @Test func aJobWhoseAnswersAreKeptIsRemovedAtTheProvider() {
        #expect(job(.answered, file: "f", job: "b").resumed(found: nil) == .discard)
    }

    @Test func nothingIsDoneWithAJobThatIsOver() {
        #expect(job(.done).resumed(found: nil) == nil)
        #expect(job(.done).isOver)
    }
}
