@testable import MongoBSON
@testable import MongoDriver
import Testing

/// What the answers of servers that are asked alone mean for who cannot write to them.
@Suite struct ServerSurveyTests {
    private typealias Answer = ServerSurvey.Answer

    private func problem(
        _ answers: [Answer], wanted: String? = nil, reach: [String: ServerSurvey.Reach] = [:]
    ) -> String {
        ServerSurvey(wanted: wanted, answers: answers, reach: reach).problem ?? "none"
    }

    @Test func whoSaysNothingTellsNothing() {
        #expect(problem([]) == "none")
        #expect(problem([Answer(host: "h", set: "rs", members: ["h"], primary: "h")], wanted: "rs") == "none")
        #expect(problem([Answer(host: "h")]) == "none")
    }

    @Test func aMemberOfASetThatWasNeverInitiatedIsToldSo() {
        let hello: BSONDocument = ["isreplicaset": true, "info": "Does not have a valid replica set config"]
        #expect(
            problem([Answer(host: "h:1", hello: hello)], wanted: "rs").contains(
                "run `rs.initiate()` there once"))
        #expect(
            uninitiatedProblem(hello, host: "h:1")?.hasPrefix("`h:1` was started with `--replSet`") == true)
        #expect(uninitiatedProblem(["setName": "rs", "isreplicaset": true], host: "h:1") == nil)
        #expect(uninitiatedProblem([:], host: "h:1") == nil)
    }

    @Test func aStandaloneServerIsNoMemberOfASet() {
        #expect(
            problem([Answer(host: "h")], wanted: "rs0").contains(
                "`h` is a standalone server, and `replicaSet=rs0`"))
    }

    @Test func anotherNameOfTheSetIsTold() {
        #expect(
            problem([Answer(host: "h", set: "rs1", members: ["h"])], wanted: "rs0")
                == "the replica set at `h` is called `rs1`: write `replicaSet=rs1` into `mongodb.uri`")
    }

    @Test func namesThatOnlyAContainerKnowsAreTold() {
        let found = problem(
            [
                Answer(
                    host: "127.0.0.1", set: "rs", members: ["mongo1:27017", "mongo2:27017"],
                    primary: "mongo1:27017")
            ],
            reach: ["mongo1:27017": .hasUnknownName, "mongo2:27017": .hasUnknownName])
        #expect(found.contains("`mongo1:27017`, `mongo2:27017`, which this machine cannot resolve"))
        #expect(found.contains("directConnection=true"))
    }

    @Test func aSetWithoutAPrimaryIsToldWithThoseThatDoNotAnswer() {
        let members = ["a:1", "b:1", "c:1"]
        let found = problem(
            [Answer(host: "a:1", set: "rs", members: members)],
            reach: ["a:1": .answers, "b:1": .isSilent, "c:1": .isSilent])
        #expect(found.contains("no primary at the moment: `b:1`, `c:1` do not answer"))
        let silent = problem(
            [Answer(host: "a:1", set: "rs", members: members, primary: "c:1")], reach: ["c:1": .isSilent])
        #expect(
            silent.contains("the primary of the replica set `rs` is `c:1`, which does not answer from here"))
    }
}
