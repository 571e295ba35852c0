import LockstepCore

/// The texts of one call on their way to answers: which go into a request together, and what follows from a refusal.
///
/// A value without a connection: what is to be asked comes out, what came back goes in. A call that has got some answers
/// gives them, and `later` for the rest: they are paid for.
struct TextRun {
    /// Texts that go into one request.
    struct Group: Equatable {
        var places: [Int]
        /// The server may cut them.
        var mayCut = false
    }

    /// How the model's texts are dealt with.
    struct Rules {
        var overlong = TextSettings.Overlong.truncate
        /// Of one text, as the configuration has it.
        var maxTokens: Int?
        /// The server cuts texts when it is told to.
        var cutsOnRequest = false
        /// Beyond so many it cuts them without a word.
        var silentTokens: Int?
        /// The tokens that are counted are those of the texts, and of nothing that is sent with them.
        var countsTextsAlone = true
    }

    /// Requests for one call, at most.
    static let mostRequests = 64
    /// A text that is so many times as long as the limit, by estimate, is asked for alone.
    private static let likely = 1.5

    private let rules: Rules
    private(set) var texts: [String]
    private var answers: [Answer?]
    private(set) var truncated: Set<Int> = []
    private(set) var tokens: Int?
    private var groups: [Group] = []
    /// Those that were made, also for what was refused.
    private(set) var requests = 0
    private var cuts: [Int: Int] = [:]
    /// Refused whole as too long.
    private var overlong: Set<Int> = []
    /// Something was answered.
    private var hasSuccess = false
    /// Why an input was refused that the server named.
    private var named: String?

    init(_ texts: [String], _ rules: Rules, _ learned: Learned) {
        self.rules = rules
        self.texts = texts
        answers = Array(repeating: nil, count: texts.count)
        prepare(learned)
    }

    /// The next texts to ask for together; nil when nothing is left to ask.
    mutating func next() -> Group? {
        groups.popLast()
    }

    /// - Parameter made: requests, for this answer.
    mutating func answered(
        _ group: Group, _ given: [Answer], tokens: Int?, requests made: Int = 1, _ learned: inout Learned
    ) {
        requests += made
        hasSuccess = true
        for (place, answer) in zip(group.places, given) { answers[place] = answer }
        if let tokens { self.tokens = (self.tokens ?? 0) + tokens }
        let ofTexts = group.mayCut || !rules.countsTextsAlone ? nil : tokens
        learned.answered(group.places.map { texts[$0] }, tokens: ofTexts)
        // It took what it takes, and told how much that was. Of a text that is not known to be cut it told nothing.
        if group.mayCut, group.places.count == 1, overlong.contains(group.places[0]) {
            learned.tooLong(limit: tokens)
        }
    }

    /// What the call gives.
    ///
    /// - Throws: when every input was refused by a server that has never answered any: perhaps it refuses what all have.
    func answers(_ learned: Learned) throws(ModelError) -> [Answer] {
        if let named, !hasSuccess, !learned.hasAnswered { throw .failed(named) }
        return answers.map { $0 ?? .later(nil) }
    }
}

// MARK: Before the first request

extension TextRun {
    private mutating func prepare(_ learned: Learned) {
        var together: [Int] = []
        var alone: [Int] = []
        var cuttable: [Int] = []
        for place in texts.indices {
            if let most = rules.maxTokens { shorten(place, to: most) }
            guard answers[place] == nil else { continue }
            let count = learned.tokens(of: texts[place])
            if let most = rules.silentTokens, count > Double(most) {
                if rules.overlong == .refuse {
                    answers[place] = .refused(Self.tooLong(limit: most, count: Int(count), isEstimate: true))
                    continue
                }
                truncated.insert(place)
            }
            guard let most = learned.textTokens, count > Double(most) * Self.likely else {
                together.append(place)
                continue
            }
            if rules.overlong == .refuse || TokenEstimate.least(of: texts[place]) <= most {
                // Only the server knows, and only of one that is alone.
                alone.append(place)
            } else if rules.cutsOnRequest {
                cuttable.append(place)
            } else {
                cut(place, share: Double(most) / count * 0.95)
                together.append(place)
            }
        }
        groups = alone.map { Group(places: [$0]) }
        if !cuttable.isEmpty {
            truncated.formUnion(cuttable)
            groups.append(Group(places: cuttable, mayCut: true))
        }
        if !together.isEmpty { groups.append(Group(places: together)) }
    }

    /// By an estimate that stays the same, as what is asked for has to.
    private mutating func shorten(_ place: Int, to most: Int) {
        let count = TokenEstimate.of(texts[place])
        guard count > most else { return }
        if rules.overlong == .refuse {
            answers[place] = .refused(Self.tooLong(limit: most, count: count, isEstimate: true))
        } else {
            cut(place, share: Double(most) / Double(count))
        }
    }

    private mutating func cut(_ place: Int, share: Double) {
        texts[place] = TokenEstimate.start(of: texts[place], share: share)
        truncated.insert(place)
    }

    private static func tooLong(limit: Int?, count: Int?, isEstimate: Bool = false) -> String {
        let has = count.map { ": it has \(isEstimate ? "about " : "")\($0) tokens" } ?? ""
        let most =
            limit.map {
                "\(count == nil ? ":" : ",") at most \($0)\(count == nil ? " tokens" : "") are taken"
            } ?? ""
        return "the text is longer than the model takes\(has)\(most)"
    }
}

// MARK: After a refusal

extension TextRun {
    /// - Returns: what the whole call comes to; nil when it goes on.
    mutating func refused(_ group: Group, _ refusal: Refusal, _ learned: inout Learned) -> ModelError? {
        let reason = refusal.reason
        requests += refusal.requests
        guard requests < Self.mostRequests else { return end(.later(nil), .failed(reason)) }
        switch refusal.kind {
        case .wait(let told):
            let time = told ?? learned.pause(at: .now)
            return end(.later(time), .retryAfter(time, reason))
        case .outage, .cancelled: return end(.later(nil), .unavailable(reason))
        case .failed, .noBase64: return failed(group, .failed(reason))
        case .tooLarge(let measure): return tooLarge(group, measure, reason, &learned)
        case .tooLong(let place, let limit, let count):
            return tooLong(group, place, limit, count, reason, &learned)
        case .badInput(let place):
            guard group.places.indices.contains(place) else { return failed(group, .failed(reason)) }
            answers[group.places[place]] = .refused(reason)
            named = named ?? reason
            push(group.without(place))
            return nil
        }
    }

    /// Ends the call: with the error, or with what was answered.
    private mutating func end(_ rest: Answer, _ error: ModelError) -> ModelError? {
        guard hasSuccess else { return error }
        groups = []
        for place in answers.indices where answers[place] == nil { answers[place] = rest }
        return nil
    }

    /// The inputs are halved: by the engine, as long as nothing was answered.
    private mutating func failed(_ group: Group, _ error: ModelError) -> ModelError? {
        guard hasSuccess else { return error }
        guard group.places.count > 1 else {
            // Asked for again among others, it fails alone.
            answers[group.places[0]] = .later(nil)
            return nil
        }
        halve(group)
        return nil
    }

    private mutating func tooLarge(
        _ group: Group, _ measure: Refusal.Measure, _ reason: String, _ learned: inout Learned
    ) -> ModelError? {
        guard group.places.count > 1 else {
            let limit: Int? = if case .tokens(let limit) = measure { limit } else { nil }
            return tooLong(group, 0, limit, nil, reason, &learned)
        }
        let size = group.places.reduce(0) { $0 + texts[$1].utf8.count }
        learned.tooLarge(measure, count: group.places.count, size: size)
        guard hasSuccess else { return .tooLarge(reason) }
        halve(group)
        return nil
    }

    private mutating func tooLong(
        _ group: Group, _ named: Int?, _ limit: Int?, _ count: Int?, _ reason: String,
        _ learned: inout Learned
    ) -> ModelError? {
        let named = named.flatMap { group.places.indices.contains($0) ? $0 : nil }
        guard let index = named ?? (group.places.count == 1 ? 0 : nil) else {
            return isolate(group, limit, reason, &learned)
        }
        learned.tooLong(limit: limit)
        let place = group.places[index]
        overlong.insert(place)
        guard rules.overlong == .truncate else {
            answers[place] = .refused(Self.tooLong(limit: limit, count: count))
            push(group.without(index))
            return nil
        }
        if rules.cutsOnRequest, !group.mayCut {
            truncated.insert(place)
            push(Group(places: [place], mayCut: true))
            push(group.without(index))
            return nil
        }
        cuts[place, default: 0] += 1
        guard cuts[place, default: 0] <= 16 else {
            answers[place] = .refused(reason)
            push(group.without(index))
            return nil
        }
        cut(place, share: share(of: place, limit, count, learned))
        push(group)
        return nil
    }

    /// How much of a text to keep.
    private func share(of place: Int, _ limit: Int?, _ count: Int?, _ learned: Learned) -> Double {
        if let limit, let count, count > limit { return Double(limit) / Double(count) * 0.98 }
        let estimated = learned.tokens(of: texts[place])
        guard let limit = limit ?? learned.textTokens else { return 0.5 }
        // By the estimate first; what is still too long after that is not much too long.
        guard cuts[place] == 1 else { return 0.8 }
        return min(0.9, Double(limit) / max(1, estimated) * 0.95)
    }

    /// One of these is too long, and nobody says which one.
    private mutating func isolate(
        _ group: Group, _ limit: Int?, _ reason: String, _ learned: inout Learned
    ) -> ModelError? {
        let counts = Dictionary(
            uniqueKeysWithValues: group.places.map { ($0, learned.tokens(of: texts[$0])) })
        let longest = group.places.sorted { counts[$0, default: 0] > counts[$1, default: 0] }
        guard let most = limit ?? learned.textTokens else {
            // The answer to the longest one alone tells where the limit is, before the rest is asked for.
            push(Group(places: Array(group.places.filter { $0 != longest[0] }), mayCut: group.mayCut))
            push(Group(places: [longest[0]], mayCut: group.mayCut))
            return nil
        }
        let suspects = longest.filter { counts[$0, default: 0] > Double(most) / 2 }
        if suspects.isEmpty {
            // Then it is all of them together that are too long.
            return tooLarge(group, .tokens(most), reason, &learned)
        }
        if suspects.count == group.places.count {
            let middle = (longest.count + 1) / 2
            push(Group(places: Array(longest[middle...]), mayCut: group.mayCut))
            push(Group(places: Array(longest[..<middle]), mayCut: group.mayCut))
        } else {
            push(Group(places: suspects, mayCut: group.mayCut))
            push(Group(places: group.places.filter { !suspects.contains($0) }, mayCut: group.mayCut))
        }
        return nil
    }

    private mutating func halve(_ group: Group) {
        let middle = group.places.count / 2
        push(Group(places: Array(group.places[middle...]), mayCut: group.mayCut))
        push(Group(places: Array(group.places[..<middle]), mayCut: group.mayCut))
    }

    private mutating func push(_ group: Group) {
        if !group.places.isEmpty { groups.append(group) }
    }
}

extension TextRun.Group {
    fileprivate func without(_ index: Int) -> Self {
        var rest = self
        rest.places.remove(at: index)
        return rest
    }
}
