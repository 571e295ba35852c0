import Foundation

/// What the errors of servers mean, for one model.
struct RefusalReader {
    /// Scheme, host and port: what stands before a server's words.
    let origin: String
    let model: String
    /// What to do where the model is not there.
    let missingModel: String
    let redaction: Redaction

    /// - Parameter answer: one whose status is none of success.
    func read(_ answer: HTTPAnswer, now: Date = Date()) -> Refusal {
        // A document may hold the words of any error: what is quoted of one says nothing of the server.
        let words = ServerWords(answer.body, without: redaction)
        let time = RetryTime.read(answer.headers, words, now: now)
        let status = answer.status
        let said = "\(origin) answers \(status)\(said(words.message))"
        if 300..<400 ~= status { return redirect(answer) }
        if words.isSpent(status, tellsTime: time != nil) {
            return Refusal(.outage, "\(said). Nothing is left on the account: see its billing page")
        }
        switch status {
        case 429, 529:
            // Its own client asks no more then.
            if answer.headers["x-should-retry"] == "false" { return Refusal(.outage, said) }
            if let limit = words.exceedsRate { return Refusal(.tooLarge(.tokens(limit)), said) }
            return Refusal(.wait(time), said)
        case 503: return Refusal(.wait(time), said)
        case 409, 425: return Refusal(.wait(time), said)
        case 401, 407: return Refusal(.outage, "\(said). Check `key`")
        case 403:
            return Refusal(.outage, "\(said). Check `key`, and whether it may use model `\(model)`")
        case 404: return Refusal(.outage, "\(said). \(words.isAboutModel ? missingModel : notThere)")
        case 405, 410, 451: return Refusal(.outage, "\(said). Check `url`")
        case 413: return Refusal(.tooLarge(.bytes), said)
        // A gateway's time is up: perhaps there was too much to do.
        case 408, 504, 524: return Refusal(.failed, said)
        case 502, 520...523, 525...530: return Refusal(.outage, said)
        default:
            let kind = kind(words, answer)
            return Refusal(kind, kind == .outage ? ending(said, words) : said)
        }
    }

    private var notThere: String { "Check `url`, and whether model `\(model)` is there" }

    private func said(_ message: String) -> String {
        var shown = redaction.shown(message)[...]
        // What is to be done follows as a sentence of its own.
        while let last = shown.last, last == "." || last.isWhitespace { shown.removeLast() }
        return shown.isEmpty ? "" : ": \(shown)"
    }

    private func ending(_ said: String, _ words: ServerWords) -> String {
        words.isAboutKey ? "\(said). Check `key`" : "\(said). \(missingModel)"
    }

    /// Of an error that may be about what was asked.
    private func kind(_ words: ServerWords, _ answer: HTTPAnswer) -> Refusal.Kind {
        if words.isAboutKey { return .outage }
        if let limit = words.tooManyTokens { return .tooLarge(.tokens(limit)) }
        if let (limit, count) = tooLong(words, answer) {
            return .tooLong(place: words.place, limit: limit, count: count)
        }
        if let limit = words.tooManyInputs { return .tooLarge(.inputs(limit)) }
        if words.isAboutModel { return .outage }
        if words.isAboutBase64 { return .noBase64 }
        return words.place.map(Refusal.Kind.badInput) ?? .failed
    }

    /// A long text may hold the very words with which it is refused: they count where it can be longer than they say.
    private func tooLong(_ words: ServerWords, _ answer: HTTPAnswer) -> (limit: Int?, count: Int?)? {
        if let found = words.tooLong, found.limit != nil { return found }
        let all = ServerWords(answer.body, without: Redaction(secrets: [], texts: []))
        // A token has one byte at least.
        guard let found = all.tooLong, let limit = found.limit,
            redaction.texts.contains(where: { $0.utf8.count > limit })
        else { return words.tooLong }
        return found
    }

    private func redirect(_ answer: HTTPAnswer) -> Refusal {
        let target =
            answer.headers["location"].flatMap { Endpoint(url: $0, key: nil)?.origin } ?? "another place"
        return Refusal(
            .outage,
            "\(origin) answers \(answer.status), a redirect to \(redaction.shown(target)), which is not followed:"
                + " write as `url` where the server is")
    }

    /// Why there was no answer at all.
    func read(_ error: TransportError, timeout: Duration) -> Refusal {
        switch error {
        case .cancelled: Refusal(.cancelled, "it was stopped")
        case .unreachable(let why): Refusal(.outage, "\(origin) cannot be reached: \(why)")
        case .cut(let why): Refusal(.failed, "\(origin) gave no whole answer: \(why)")
        case .timedOut:
            Refusal(.failed, "\(origin) gave no answer within \(timeout.text) (`timeout`)")
        case .tooLarge(let most):
            Refusal(
                .failed,
                "\(origin) answers with more than the \(most >> 20) MB that vectors of these inputs take")
        }
    }

    /// An answer of success that holds none.
    func failed(_ why: String) -> Refusal {
        Refusal(.failed, "\(origin) \(redaction.shown(why))")
    }
}
