import LockstepCore
import MongoBSON
import Testing

@testable import LockstepProviders

/// Which texts go into a request together, and what follows from refusals.
@Suite struct TextRunTests {
    /// A server that takes so many tokens of a text, and counts them as they are estimated.
    private struct Server {
        var limit = 100
        var most = Int.max
        var names = true
        var tellsNumbers = true
        var poison: Set<String> = []
        var cuts = false

        func answer(_ texts: [String], mayCut: Bool) throws(Refusal) -> (answers: [Answer], tokens: Int) {
            if texts.count > most { throw Refusal(.tooLarge(.inputs(most)), "too many") }
            if let place = texts.firstIndex(where: poison.contains) {
                throw Refusal(names ? .badInput(place) : .failed, "bad")
            }
            let isCut = mayCut && cuts
            if !isCut, let place = texts.firstIndex(where: { TokenEstimate.of($0) > limit }) {
                throw Refusal(
                    .tooLong(
                        place: names ? place : nil, limit: tellsNumbers ? limit : nil,
                        count: tellsNumbers ? TokenEstimate.of(texts[place]) : nil), "long")
            }
            let tokens = texts.reduce(0) { $0 + min(limit, TokenEstimate.of($1)) }
            return (texts.map { .value(BSONValue($0.utf8.count)) }, tokens)
        }
    }

    private func run(
        _ texts: [String], _ rules: TextRun.Rules = .init(), _ learned: inout Learned, on server: Server
    ) throws -> (answers: [Answer], truncated: Set<Int>, requests: Int, tokens: Int?) {
        var run = TextRun(texts, rules, learned)
        var requests = 0
        while let group = run.next() {
            requests += 1
            do throws(Refusal) {
                let some = group.places.map { run.texts[$0] }
                let (answers, tokens) = try server.answer(some, mayCut: group.mayCut)
                run.answered(group, answers, tokens: tokens, &learned)
            } catch {
                if let thrown = run.refused(group, error, &learned) { throw thrown }
            }
        }
        return (try run.answers(learned), run.truncated, requests, run.tokens)
    }

    private static let short = (0..<50).map { "text number \($0)" }
    private static let long = String(repeating: "word ", count: 1000)

    private func length(_ answer: Answer) -> Int? {
        if case .value(let value) = answer { value.int } else { nil }
    }

    @Test func whatFitsIsOneRequest() throws {
        var learned = Learned()
        let done = try run(Self.short, .init(), &learned, on: Server())
        #expect(done.requests == 1 && done.truncated.isEmpty && done.tokens ?? 0 > 0)
        #expect(done.answers.compactMap(length) == Self.short.map(\.utf8.count))
    }

    /// By place or not, with numbers or not, cut by the server or here.
    @Test(arguments: 0..<8) func aLongTextIsCutAndMarked(way: Int) throws {
        let (names, tellsNumbers, cuts) = (way & 1 != 0, way & 2 != 0, way & 4 != 0)
        var texts = Self.short
        texts.insert(Self.long, at: 20)
        var learned = Learned()
        let server = Server(names: names, tellsNumbers: tellsNumbers, cuts: cuts)
        let rules = TextRun.Rules(cutsOnRequest: cuts)
        let done = try run(texts, rules, &learned, on: server)
        #expect(done.truncated == [20] && done.answers.count == 51)
        #expect(done.answers.allSatisfy { length($0) != nil })
        #expect(done.requests <= (tellsNumbers || cuts ? 4 : 10))
        let taken = try #require(length(done.answers[20]))
        if !cuts { #expect(taken <= 503 && taken >= (tellsNumbers ? 440 : 190), "\(taken)") }
        // The next one is not refused any more.
        let again = try run(texts, rules, &learned, on: server)
        #expect(again.truncated == [20])
        if tellsNumbers || cuts { #expect(again.requests <= 2, "\(again.requests)") }
    }

    @Test(arguments: [true, false]) func aLongTextIsSetAsideWhereThatIsWanted(names: Bool) throws {
        var texts = Self.short
        texts.insert(Self.long, at: 20)
        var learned = Learned()
        let rules = TextRun.Rules(overlong: .refuse, cutsOnRequest: true)
        for _ in 0..<2 {
            let done = try run(texts, rules, &learned, on: Server(names: names, cuts: true))
            guard case .refused(let reason) = done.answers[20] else {
                Issue.record("\(done.answers[20])")
                return
            }
            #expect(reason.contains("1000 tokens") && reason.contains("100"))
            #expect(done.truncated.isEmpty && done.answers.compactMap(length).count == 50)
        }
    }

    @Test func theOneThatIsNamedIsRefusedAlone() throws {
        var learned = Learned()
        let server = Server(poison: [Self.short[7], Self.short[9]])
        let done = try run(Self.short, .init(), &learned, on: server)
        #expect(
            done.answers[7] == .refused("bad") && done.answers[9] == .refused("bad") && done.requests == 3)
        #expect(done.answers.compactMap(length).count == 48)
    }

    @Test func aServerThatRefusesAllIsNotBelieved() throws {
        var learned = Learned()
        let server = Server(poison: Set(Self.short))
        #expect(throws: ModelError.failed("bad")) { try run(Self.short, .init(), &learned, on: server) }
        #expect(throws: ModelError.failed("bad")) { try run([Self.short[0]], .init(), &learned, on: server) }
        // Unless it has answered something before.
        _ = try run(["good"], .init(), &learned, on: server)
        #expect(try run([Self.short[0]], .init(), &learned, on: server).answers == [.refused("bad")])
    }

    @Test func oneThatIsNotNamedFailsTheBatch() {
        var learned = Learned()
        let server = Server(names: false, poison: [Self.short[7]])
        #expect(throws: ModelError.failed("bad")) { try run(Self.short, .init(), &learned, on: server) }
    }

    @Test func aRequestThatIsTooLargeTeachesTheLimit() throws {
        var learned = Learned()
        #expect(throws: ModelError.tooLarge("too many")) {
            try run(Self.short, .init(), &learned, on: Server(most: 8))
        }
        #expect(learned.limits(BatchLimits(count: 2048), tokens: nil).count == 8)
    }

    @Test func whatWasAnsweredIsKeptWhenTheRestHasToWait() throws {
        var learned = Learned()
        var run = TextRun(Self.short, .init(), learned)
        let nextFirst = run.next()
        let first = try #require(nextFirst)
        #expect(run.refused(first, Refusal(.badInput(0), "bad"), &learned) == nil)
        let nextRest = run.next()
        let rest = try #require(nextRest)
        run.answered(
            .init(places: Array(rest.places[..<10])), rest.places.map { _ in .value(1) }, tokens: nil,
            &learned)
        let others = TextRun.Group(places: Array(rest.places[10...]))
        #expect(run.refused(others, Refusal(.wait(.seconds(7)), "busy"), &learned) == nil)
        let answers = try run.answers(learned)
        #expect(
            answers[0] == .refused("bad") && answers[1] == .value(1) && answers[49] == .later(.seconds(7)))
    }

    @Test(arguments: [
        (Refusal.Kind.wait(.seconds(3)), ModelError.retryAfter(.seconds(3), "x")),
        (.wait(nil), .retryAfter(.milliseconds(500), "x")), (.outage, .unavailable("x")),
        (.failed, .failed("x")),
        (.tooLarge(.bytes), .tooLarge("x")), (.badInput(99), .failed("x")),
    ])
    func aRefusalOfEverythingIsAnError(kind: Refusal.Kind, error: ModelError) throws {
        var learned = Learned()
        var run = TextRun(Self.short, .init(), learned)
        let nextGroup = run.next()
        let group = try #require(nextGroup)
        #expect(run.refused(group, Refusal(kind, "x"), &learned) == error)
    }

    @Test func theConfigurationsLimitIsAppliedBeforeAnyRequest() {
        let run = TextRun(["short", Self.long], .init(maxTokens: 100), Learned())
        #expect(run.truncated == [1] && run.texts[0] == "short" && run.texts[1].utf8.count <= 500)
        #expect(Self.long.hasPrefix(run.texts[1]) && run.texts[1].utf8.count >= 480)
        var refusing = TextRun(["short", Self.long], .init(overlong: .refuse, maxTokens: 100), Learned())
        #expect(refusing.next() == .init(places: [0]) && refusing.next() == nil)
    }

    @Test func whatAServerCutsSilentlyIsMarked() {
        #expect(TextRun(["a", Self.long], .init(silentTokens: 900), Learned()).truncated == [1])
        #expect(TextRun(["a", Self.long], .init(silentTokens: 2000), Learned()).truncated.isEmpty)
    }

    // MARK: Estimates

    /// A server of words, which tells how many it was given, and takes 50 of them.
    private func words(_ texts: [String], mayCut: Bool) throws(Refusal) -> (answers: [Answer], tokens: Int) {
        let counts = texts.map { $0.split(separator: " ").count }
        if !mayCut, counts.contains(where: { $0 > 50 }) {
            throw Refusal(.tooLong(place: nil, limit: nil, count: nil), "long")
        }
        return (texts.map { .value(BSONValue($0.utf8.count)) }, counts.reduce(0) { $0 + min(50, $1) })
    }

    private static let rule = String(repeating: "-", count: 500) + " a rule, and a table below it"

    @Test(arguments: [true, false]) func whatOnlySeemsTooLongIsAskedForWholeAndAlone(cuts: Bool) throws {
        var learned = Learned()
        let server = Server(limit: 100)
        let rules = TextRun.Rules(cutsOnRequest: cuts)
        learned.tooLong(limit: 50)
        var run = TextRun(Self.short + [Self.rule, Self.rule], rules, learned)
        var groups: [TextRun.Group] = []
        while let group = run.next() {
            groups.append(group)
            let some = group.places.map { run.texts[$0] }
            let reply = try server.answer(some.map { String($0.prefix(20)) }, mayCut: group.mayCut)
            run.answered(group, reply.answers, tokens: 7, &learned)
        }
        #expect(groups.count == 3 && groups.allSatisfy { !$0.mayCut })
        #expect(groups.first?.places == Array(0..<50))
        #expect(run.truncated.isEmpty && run.texts.last == Self.rule)
        #expect(learned.textTokens == 50)
    }

    @Test func theLimitIsLearnedOnlyFromATextThatWasCut() throws {
        var learned = Learned()
        let rules = TextRun.Rules(cutsOnRequest: true)
        func ask(_ texts: [String]) throws -> Set<Int> {
            var run = TextRun(texts, rules, learned)
            while let group = run.next() {
                do throws(Refusal) {
                    let reply = try words(group.places.map { run.texts[$0] }, mayCut: group.mayCut)
                    run.answered(group, reply.answers, tokens: reply.tokens, &learned)
                } catch {
                    if let thrown = run.refused(group, error, &learned) { throw thrown }
                }
            }
            return run.truncated
        }
        let fits = String(repeating: "word ", count: 12) + "end"
        #expect(try ask([String(repeating: "word ", count: 80)]) == [0] && learned.textTokens == 50)
        #expect(try ask([Self.rule, Self.rule + Self.rule]).isEmpty && learned.textTokens == 50)
        #expect(try ask([fits, fits]).isEmpty && learned.textTokens == 50)
        // What has more words than there may be tokens is cut at once.
        #expect(try ask([fits, String(repeating: "word ", count: 200)]) == [1] && learned.textTokens == 50)
    }

    @Test(arguments: [
        ("", 0), (" \n", 0), ("one", 1), ("one  two\nthree", 3), ("a-b.c d", 2), ("--- --- -", 0),
        ("日本語 テ", 2),
        ("-1 x!", 2),
    ])
    func aTextHasATokenForEachWordAtLeast(text: String, count: Int) {
        #expect(TokenEstimate.least(of: text) == count)
    }

    // MARK: What is learned

    @Test func tokensAreCountedAsTheProviderDoes() {
        var learned = Learned()
        let text = String(repeating: "größer ", count: 1000)
        for _ in 0..<40 { learned.answered([text], tokens: 4000) }
        #expect(abs(learned.tokens(of: text) - 4000) < 100)
        let limits = learned.limits(BatchLimits(count: 100), tokens: 1000)
        #expect(limits.bytes < 2100 && limits.bytes > 1000)
    }

    /// A chat model counts what stands around a text, too.
    @Test func tokensOfMoreThanTheTextsTeachNothingOfTexts() {
        let text = String(repeating: "word ", count: 100)
        for countsTextsAlone in [true, false] {
            var learned = Learned()
            let before = learned.tokens(of: text)
            var run = TextRun([text], TextRun.Rules(countsTextsAlone: countsTextsAlone), learned)
            guard let group = run.next() else {
                Issue.record("nothing is asked")
                return
            }
            run.answered(group, [.value("good")], tokens: 5000, &learned)
            #expect((learned.tokens(of: text) == before) == !countsTextsAlone)
        }
    }

    @Test func limitsThatAreToldAreTaken() {
        var learned = Learned()
        learned.tooLarge(.tokens(1000), count: 10, size: 8000)
        #expect(learned.limits(BatchLimits(), tokens: 300_000).bytes < 4000)
        learned.tooLarge(.bytes, count: 10, size: 2000)
        #expect(learned.limits(BatchLimits(), tokens: nil).bytes <= 1000)
        learned.tooLarge(.inputs(nil), count: 9, size: 1)
        #expect(learned.limits(BatchLimits(), tokens: nil).count == 4)
        learned.tooLarge(.inputs(50), count: 4, size: 1)
        #expect(learned.limits(BatchLimits(), tokens: nil).count == 2)
    }

    @Test func aPauseThatNobodyToldGrows() {
        var learned = Learned()
        var now = ContinuousClock.now
        let pauses = (0..<8).map { _ in
            let pause = learned.pause(at: now)
            // Those that are refused together wait until the same time.
            #expect(learned.pause(at: now + .milliseconds(100)) == pause - .milliseconds(100))
            now += pause
            return pause / .milliseconds(1)
        }
        #expect(pauses == [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000])
        learned.answered(["a"], tokens: nil)
        #expect(learned.pause(at: now) == .milliseconds(500))
    }

    @Test(arguments: ["abcd", "größer", "日本語のテキスト", "😀😀😀", "e\u{301}e\u{301}", "a"])
    func aTextIsCutBetweenCharacters(text: String) {
        for share in stride(from: 0.05, to: 1, by: 0.1) {
            let start = TokenEstimate.start(of: text, share: share)
            #expect(!start.isEmpty && text.hasPrefix(start) && start.count <= text.count)
        }
    }
}
