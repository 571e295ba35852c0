/// The inputs of a round that its model is to be asked: equal ones once, whatever documents they are of.
package struct Questions: Sendable {
    package private(set) var all: [Question] = []
    private var places: [Fingerprint: Int] = [:]
    private let areEqualOne: Bool

    /// - Parameter areEqualOne: the model gives equal inputs equal answers; if not, each is a question of its own.
    package init(areEqualOne: Bool) {
        self.areEqualOne = areEqualOne
    }

    /// - Parameters:
    ///   - place: of the document in the round.
    ///   - id: under which the provider has deferred the input before.
    package mutating func add(_ input: RoundInput, at place: Int, id: String? = nil) {
        // mechanism equal-inputs, off: places[input.fingerprint] becomes Int?.none
        let known = areEqualOne ? places[input.fingerprint] : nil
        guard let known else {
            if areEqualOne { places[input.fingerprint] = all.count }
            all.append(Question(place: place, input: input, id: id))
            return
        }
        all[known].others.append(place)
        all[known].id = all[known].id ?? id
        all[known].isRetry = all[known].isRetry || input.isRetry
    }
}

/// An input that is to be asked, with the documents that it is of.
package struct Question: Sendable {
    /// Of the first document in the round.
    package let place: Int
    /// Of the documents with an equal input.
    package fileprivate(set) var others: [Int] = []
    package let input: RoundInput
    /// Under which the provider has deferred it before.
    package fileprivate(set) var id: String?
    /// A person wants the model to be asked for one of the documents.
    package fileprivate(set) var isRetry: Bool

    fileprivate init(place: Int, input: RoundInput, id: String?) {
        self.place = place
        self.input = input
        self.id = id
        isRetry = input.isRetry
    }
}
