/// What went wrong with a model that OpenVINO runs.
///
/// `description` says what, where and what to do, and is safe for logs: it holds no text that was encoded.
public struct OpenVINOError: Error, Sendable, Hashable {
    /// The kind of error. Open: compare, do not switch.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// OpenVINO or its tokenizers are not where they were looked for.
        public static let runtimeNotFound = Self(rawValue: "runtime not found")
        /// The libraries are there and do not load.
        public static let runtimeUnusable = Self(rawValue: "runtime unusable")
        /// The directory or one of its files is not there.
        public static let modelNotFound = Self(rawValue: "model not found")
        /// A file of the model cannot be read or compiled.
        public static let modelUnreadable = Self(rawValue: "model unreadable")
        /// The model is whole and neither encodes nor classifies texts.
        public static let modelUnsupported = Self(rawValue: "model unsupported")
        /// Its files are others than those that the version is of.
        public static let modelChanged = Self(rawValue: "model changed")
        /// The model broke on texts.
        public static let inferenceFailed = Self(rawValue: "inference failed")
    }

    /// What to do about an error.
    public struct Recovery: RawRepresentable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Somebody has to fix the installation or the model.
        public static let stop = Self(rawValue: "stop")
        /// The batch can be halved until the text that breaks it stands alone.
        public static let park = Self(rawValue: "park")
    }

    public let code: Code
    /// What was tried, as `read the model`.
    public let operation: String
    /// The file or directory it was tried on.
    public let place: String
    public let message: String
    /// What the user can do.
    public let hint: String

    public var recovery: Recovery {
        code == .inferenceFailed ? .park : .stop
    }
}

extension OpenVINOError: CustomStringConvertible {
    public var description: String {
        "cannot \(operation) (\(place)): \(message). \(hint)"
    }
}
