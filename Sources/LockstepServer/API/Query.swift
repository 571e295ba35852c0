import Hummingbird
import LockstepAPI

/// The query parameters of a request. Unknown ones and unexpected repetitions are refused.
struct Query {
    private var values: [String: [String]] = [:]

    init(_ request: Request, of route: API.Route) throws(APIError) {
        let parameters = route.parameters.filter { $0.place == .query }
        for (key, value) in request.uri.queryParameters {
            let key = String(key)
            guard let parameter = parameters.first(where: { $0.name == key }) else {
                throw .badRequest(
                    "the parameter `\(key.prefix(100))` is not known",
                    hint:
                        "there are \(parameters.map(\.name).sorted().map { "`\($0)`" }.joined(separator: ", "))"
                )
            }
            guard values[key] == nil || parameter.isRepeated else {
                throw .badRequest("the parameter `\(key)` stands twice")
            }
            values[key, default: []].append(String(value))
        }
    }

    subscript(key: String) -> String? {
        values[key]?.first
    }

    /// All values of a repeated parameter; nil without any.
    func all(_ key: String) -> [String]? {
        values[key]
    }

    func number(_ key: String, _ range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let text = self[key] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .badRequest(
                "`\(key)` must be a whole number from \(range.lowerBound) to \(range.upperBound), not `\(text.prefix(100))`"
            )
        }
        return number
    }

    func seconds(_ key: String, upTo limit: Double) throws(APIError) -> Double? {
        guard let text = self[key] else { return nil }
        guard let number = Double(text), number >= 0, number <= limit else {
            throw .badRequest("`\(key)` must be seconds from 0 to \(Int(limit)), not `\(text.prefix(100))`")
        }
        return number
    }
}
