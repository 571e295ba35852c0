import LockstepCore
import MongoBSON

/// Why a line is not the answer to a request: what the program did, to be put after its name.
struct ExecAnswerProblem: Error, Equatable {
    let description: String
}

/// The answer to one request of the exec protocol.
struct ExecAnswer {
    /// One result for each input of the request, in their order.
    let results: [Result<BSONValue, InputError>]

    /// Every input must have a prediction or an error, and nothing else may.
    ///
    /// - Parameter line: what was read; for messages.
    init(_ answer: BSONDocument, line: [UInt8], count: Int) throws(ExecAnswerProblem) {
        guard let predictions = answer["predictions"] else { throw .wrong(line, "without `predictions`") }
        guard predictions.type == .array, var results = Self.results(of: answer) else {
            throw .wrong(line, "with `predictions` that are no array")
        }
        guard results.count == count else {
            throw .wrong(line, "with \(counted(results.count, "prediction")) to \(counted(count, "input"))")
        }
        for (key, reason) in try Self.errors(of: answer, line: line) {
            // No `+1` and no `01`: a place has one name.
            guard let place = Int(key), results.indices.contains(place), String(place) == key else {
                throw .wrong(line, "with an error for input `\(key)`, where the inputs are 0 to \(count - 1)")
            }
            results[place] = .failure(InputError(reason.string ?? reason.json))
        }
        self.results = results
    }

    private static func results(of answer: BSONDocument) -> [Result<BSONValue, InputError>]? {
        answer.withView { view in
            view["predictions"]?.nested?.map { prediction in
                // An output exists exactly when its input does: null is no prediction.
                prediction.type == .null
                    ? .failure(InputError("the program gave no prediction"))
                    : .success(BSONValue(copying: prediction))
            }
        }
    }

    private static func errors(
        of answer: BSONDocument, line: [UInt8]
    ) throws(ExecAnswerProblem) -> BSONDocument {
        guard let errors = answer["errors"], errors.type != .null else { return [:] }
        guard let document = errors.document else {
            throw .wrong(line, "with `errors` that are not an object, as {\"1\": \"why\"}")
        }
        return document
    }
}

extension ExecAnswerProblem {
    static func unreadable(_ line: [UInt8], why: String) -> Self {
        Self(
            description: "answered `\(excerpt(line))`, which is not a JSON object (\(why)):"
                + " only answers belong on stdout, print the rest to stderr")
    }

    static func wrong(_ line: [UInt8], _ how: String) -> Self {
        Self(description: "answered \(how): `\(excerpt(line))`")
    }
}

/// The first 200 characters, on one line.
func excerpt(_ bytes: [UInt8]) -> String {
    // Four bytes a character at most.
    var text = String(decoding: bytes.prefix(804), as: UTF8.self)
    while text.last?.isWhitespace == true { text.removeLast() }
    let shown = String(text.prefix(200).map { $0.isNewline ? " " : $0 })
    return text.count > 200 || bytes.count > 804 ? shown + "…" : shown
}

private func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
