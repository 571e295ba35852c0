import LockstepCore
import MongoBSON

/// One batch as a line of the exec protocol, and where its inputs came from.
struct ExecRequest {
    let id: Int
    /// The line with its newline. Empty when there is nothing to ask.
    let line: [UInt8]
    /// For each input of the line its place in the batch.
    let places: [Int]
    /// What the batch comes to without an answer: failures for inputs that JSON cannot carry.
    private let unasked: [Result<BSONValue, InputError>]

    init(id: Int, inputs: [BSONValue]) {
        self.id = id
        if let line = Self.line(id, inputs) {
            self.line = line
            places = Array(inputs.indices)
            unasked = []
            return
        }
        // Some input holds text that is not UTF-8, which lax clients store.
        var results = [Result<BSONValue, InputError>]()
        var places = [Int]()
        var carried = [BSONValue]()
        for (place, input) in inputs.enumerated() {
            let repaired = input.type == .string ? BSONValue(input.string ?? "") : input
            if Self.line(id, [repaired]) != nil {
                places.append(place)
                carried.append(repaired)
            }
            results.append(
                .failure(InputError("the value holds text that is not UTF-8 and has no form in JSON")))
        }
        line = carried.isEmpty ? [] : Self.line(id, carried) ?? []
        self.places = places
        unasked = results
    }

    /// The answer's results at the places of the batch.
    func results(_ answered: [Result<BSONValue, InputError>]) -> [Result<BSONValue, InputError>] {
        guard !unasked.isEmpty else { return answered }
        var results = unasked
        for (place, result) in zip(places, answered) {
            results[place] = result
        }
        return results
    }

    // libbson escapes every control character, so that the only newline is the last byte.
    private static func line(_ id: Int, _ inputs: [BSONValue]) -> [UInt8]? {
        let json = BSONDocument([("id", BSONValue(id)), ("inputs", BSONValue(inputs))]).json
        guard json != "{}" else { return nil }
        var line = [UInt8]()
        line.reserveCapacity(json.utf8.count + 1)
        line.append(contentsOf: json.utf8)
        line.append(UInt8(ascii: "\n"))
        return line
    }
}
