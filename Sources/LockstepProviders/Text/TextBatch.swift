import LockstepCore
import MongoBSON

/// The texts of a batch, as the model takes them, and answers for the inputs that are none.
package struct TextBatch: Sendable {
    package private(set) var texts: [String] = []
    /// For each text the place of its input.
    package private(set) var places: [Int] = []
    private var refusals: [Int: String] = [:]
    private let count: Int

    package init(_ inputs: [BSONValue], _ settings: TextSettings) {
        count = inputs.count
        for (place, input) in inputs.enumerated() {
            switch TextInput(input) {
            case .text(let text):
                texts.append(settings.prefix + text)
                places.append(place)
            case .blank: refusals[place] = "the text is blank"
            case .other(let type):
                refusals[place] = "the model takes texts, the document has a value of type \(type)"
            }
        }
    }

    /// One answer for each input.
    ///
    /// - Parameter answers: one for each text.
    package func answers(_ answers: [Answer]) -> [Answer] {
        var all = [Answer](repeating: .later(nil), count: count)
        for (place, reason) in refusals { all[place] = .refused(reason) }
        for (place, answer) in zip(places, answers) { all[place] = answer }
        return all
    }
}
