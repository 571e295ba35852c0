/// Why a model gave no predictions for a whole batch.
public enum ModelError: Error, Sendable, Hashable {
    /// The model cannot be reached or is overloaded: nothing is wrong with the inputs, which wait.
    case unavailable(String)
    /// The model works, and asks to be asked again after that time: the inputs wait until then.
    case retryAfter(Duration, String)
    /// The model takes less in one call: the inputs are asked for in smaller batches, as its limits are now, and none of
    /// them is to blame.
    case tooLarge(String)
    /// The model answered, but not with one prediction for each input; or it broke on them.
    case failed(String)
}

extension ModelError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unavailable(let reason), .retryAfter(_, let reason), .tooLarge(let reason), .failed(let reason):
            reason
        }
    }
}

/// Why one input has no prediction and would have none if it were tried again.
public struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
    public let reason: String

    public init(_ reason: String) {
        self.reason = reason
    }

    public var description: String {
        reason
    }
}
