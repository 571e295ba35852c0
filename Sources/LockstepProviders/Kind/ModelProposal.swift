/// The model that `lockstep init` puts into a new configuration.
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

    /// Its name in the configuration.
    package let name: String
    /// What it does, for people.
    package let about: String
    /// The line that selects it, as `openvino: models/minilm`.
    package let line: String
    /// What to know before one puts it on many keys; nil when there is nothing.
    package let advice: String?
    /// Without it the configuration would be a bad one.
    package let file: File?

    package init(name: String, about: String, line: String, advice: String? = nil, file: File? = nil) {
        self.name = name
        self.about = about
        self.line = line
        self.advice = advice
        self.file = file
    }
}
