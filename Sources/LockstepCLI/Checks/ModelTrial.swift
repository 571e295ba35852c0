import Lockstep

/// The result of asking a model for one input, to see whether it works.
enum ModelTrial {
    case answers
    /// It works, and asks for a pause.
    case waits(String)
    /// It refuses that input.
    case refuses(String, isDocument: Bool)
    /// It reads another model's output, and no document has one yet.
    case untried
    /// It failed on the input; on a made-up input it may.
    case breaks(String, isDocument: Bool)
    /// It cannot be started or reached.
    case unavailable(String)

    /// - Parameters:
    ///   - sample: the input of some document, if there is one.
    ///   - listeners: those of the model.
    static func run(_ model: any Provider, sample: BSONValue?, _ listeners: [Listener]) async -> ModelTrial {
        guard let input = sample ?? text(for: listeners) else { return .untried }
        let isDocument = sample != nil
        do {
            switch try await model.predict([input]).first {
            case .success: return .answers
            case .failure(let error): return .refuses("\(error)", isDocument: isDocument)
            case nil: return .breaks("model `\(model.name)` gave no answer", isDocument: isDocument)
            }
        } catch ModelError.unavailable(let reason) {
            return .unavailable(reason)
        } catch ModelError.retryAfter(_, let reason) {
            return .waits(reason)
        } catch {
            return .breaks("\(error)", isDocument: isDocument)
        }
    }

    /// Why the model does not work; nil when it does, as far as is known.
    var outage: String? {
        switch self {
        case .unavailable(let reason), .breaks(let reason, isDocument: true): reason
        case .answers, .waits, .refuses, .untried, .breaks(_, isDocument: false): nil
        }
    }

    /// A made-up input; nil for a listener that reads another model's output.
    private static func text(for listeners: [Listener]) -> BSONValue? {
        let text: BSONValue = "a text to try the model with"
        guard let keys = listeners.first?.keys else { return text }
        guard !keys.contains(where: { $0.isOutput }) else { return nil }
        return keys.count == 1 ? text : BSONValue(keys.map { _ in text })
    }
}

/// New models that do not work.
struct ModelsOut: Error, CustomStringConvertible {
    let names: [String]
    let description: String

    init(_ models: [(name: String, reason: String)]) {
        let sorted = models.sorted { $0.name < $1.name }
        names = sorted.map(\.name)
        description = sorted.map { name, reason in
            reason.hasPrefix("model `") ? reason : "model `\(name)`: \(reason)"
        }.joined(separator: "\n")
    }
}
