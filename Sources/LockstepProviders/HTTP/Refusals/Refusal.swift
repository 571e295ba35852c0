/// Why a server gave no answers to a request, as far as it tells.
package struct Refusal: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// To be asked again after so long; nil when the server does not say.
        case wait(Duration?)
        /// Nothing it is asked has an answer until somebody does something, or it is back.
        case outage
        /// It may be for one of the inputs, or for none.
        case failed
        /// One request does not take as much.
        case tooLarge(Measure)
        /// A text is longer than the model takes: its place, how many tokens there may be, how many there are.
        case tooLong(place: Int?, limit: Int?, count: Int?)
        /// The words name the input.
        case badInput(Int)
        /// It does not give vectors in base64.
        case noBase64
        case cancelled
    }

    /// Of what a request has too much, with the limit where it is told.
    package enum Measure: Hashable, Sendable {
        case inputs(Int?)
        case tokens(Int?)
        case bytes
    }

    package let kind: Kind
    /// For people: no secret, and nothing of a document.
    package let reason: String
    /// Requests that were made, the refused one with them.
    package var requests = 1

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    /// The same, when so many requests were made before it.
    func after(_ made: Int) -> Refusal {
        var refusal = self
        refusal.requests += made
        return refusal
    }
}
