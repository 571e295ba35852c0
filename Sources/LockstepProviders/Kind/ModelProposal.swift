/// A model that `lockstep init` puts into a new configuration, or beside it as a comment.
package struct ModelProposal: Equatable, Sendable {
    /// A file to be written beside the configuration.
    package struct File: Equatable, Sendable {
        package let name: String
        package let text: String

        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// How near it is; the nearest one is what a configuration begins with.
    package enum Standing: Int, Sendable, Comparable {
        /// It is on this machine, and answers.
        case ready
        /// Something to put one's own model into.
        case example
        /// It takes a step of the user's before, as to fetch it; or it sends texts to somebody else.
        case later

        package static func < (left: Standing, right: Standing) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// Its name in the configuration.
    package let name: String
    /// What it does, for people.
    package let about: String
    /// The lines that select it, as `openvino: models/minilm`.
    package let lines: [String]
    /// What to know before one puts it on many keys; nil when there is nothing.
    package let advice: String?
    /// Without it the configuration would be a bad one.
    package let file: File?
    package let standing: Standing

    package init(
        name: String, about: String, lines: [String], advice: String? = nil, file: File? = nil,
        standing: Standing = .ready
    ) {
        self.name = name
        self.about = about
        self.lines = lines
        self.advice = advice
        self.file = file
        self.standing = standing
    }
}
