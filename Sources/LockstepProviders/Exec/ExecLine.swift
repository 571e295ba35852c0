import MongoBSON

/// What a line on a program's stdout is to the request that the program was asked.
enum ExecLine {
    case answer(ExecAnswer)
    /// Not now: to be asked again after that time.
    case retryAfter(Duration)
    /// It names the request and cannot be used: the batch fails.
    case wrong(ExecAnswerProblem)
    /// No answer, which does no harm; with the reason where it looks like one.
    case noise(ExecAnswerProblem?)
    case blank

    /// How long a program may ask to wait, at most. An hour.
    static let longestWait = 3600.0

    /// - Parameters:
    ///   - id: the request's.
    ///   - firstID: of the first request that this process was asked.
    ///   - count: the request's inputs.
    init(_ line: [UInt8], id: Int, firstID: Int, count: Int) {
        let text = line.trimmed
        guard let first = text.first else {
            self = .blank
            return
        }
        if first == UInt8(ascii: "{") {
            self.init(object: text.count == line.count ? line : Array(text), id, firstID, count)
        } else if let place = text.place(of: "{\"id\"") {
            // Something was printed before the answer without an end of line.
            let line = Self(object: Array(text[place...]), id, firstID, count)
            self = line.isAboutRequest ? line : .noise(nil)
        } else {
            self = .noise(nil)
        }
    }

    private init(object line: [UInt8], _ id: Int, _ firstID: Int, _ count: Int) {
        let answer: BSONDocument
        do throws(ExtendedJSONError) {
            answer = try BSONDocument(json: line)
        } catch {
            let problem = ExecAnswerProblem.unreadable(line, why: error.description)
            if line.names(request: id) {
                self = .wrong(problem)
            } else {
                self = .noise(line[...].place(of: "predictions") == nil ? nil : problem)
            }
            return
        }
        let names = answer.withView { $0.map(\.name) }
        let isMeant = names.contains { ["predictions", "errors", "retryAfter"].contains($0) }
        guard let answered = answer["id"] else {
            self = .noise(isMeant ? .wrong(line, "without `id`") : nil)
            return
        }
        for name in ["id", "predictions", "errors", "retryAfter"] where names.count(where: { $0 == name }) > 1
        {
            // Which of the two is meant, nobody can tell.
            self = .wrong(.wrong(line, "with `\(name)` twice"))
            return
        }
        guard answered.int == id else {
            // What was answered already is late; what was never asked is a mistake.
            let isLate = answered.int.map { (firstID..<id).contains($0) } ?? false
            let isMistaken = isMeant && !isLate
            self =
                isMistaken
                ? .wrong(.wrong(line, "with `id` \(answered.json) to the request \(id)")) : .noise(nil)
            return
        }
        self.init(answer, line, count)
    }

    private init(_ answer: BSONDocument, _ line: [UInt8], _ count: Int) {
        do throws(ExecAnswerProblem) {
            guard let pause = answer["retryAfter"], pause.type != .null else {
                self = .answer(try ExecAnswer(answer, line: line, count: count))
                return
            }
            guard answer["predictions"] == nil else {
                throw .wrong(line, "with `predictions` and `retryAfter`, which exclude each other")
            }
            guard let seconds = pause.double, seconds >= 0, seconds <= Self.longestWait else {
                throw .wrong(line, "with a `retryAfter` that is no number of seconds up to 3600")
            }
            self = .retryAfter(.milliseconds(Int64(seconds * 1000)))
        } catch {
            self = .wrong(error)
        }
    }

    private var isAboutRequest: Bool {
        switch self {
        case .answer, .retryAfter, .wrong: true
        case .noise, .blank: false
        }
    }
}

extension [UInt8] {
    /// Without white space around it, and without a byte order mark.
    fileprivate var trimmed: ArraySlice<UInt8> {
        var text = self[...]
        while true {
            if text.starts(with: [0xEF, 0xBB, 0xBF]) {
                text = text.dropFirst(3)
            } else if let first = text.first, first.isSpace {
                text = text.dropFirst()
            } else {
                break
            }
        }
        while let last = text.last, last.isSpace { text = text.dropLast() }
        return text
    }

    /// Whether an object that is no JSON begins with the number of the request, as Python prints a dictionary:
    /// `{'id': 7, …`.
    fileprivate func names(request id: Int) -> Bool {
        let head = String(decoding: prefix(64), as: UTF8.self).filter {
            !$0.isWhitespace && $0 != "\"" && $0 != "'"
        }
        guard head.hasPrefix("{id:\(id)") else { return false }
        return head.dropFirst("{id:\(id)".count).first?.isNumber != true
    }
}

extension ArraySlice<UInt8> {
    fileprivate func place(of text: StaticString) -> Index? {
        withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress else { return nil }
            return memmem(base, bytes.count, text.utf8Start, text.utf8CodeUnitCount)
                .map { base.distance(to: UnsafeRawPointer($0)) }
        }.map { startIndex + $0 }
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool {
        self == 0x20 || (0x09...0x0D).contains(self)
    }
}
