/// What is there to make a model of: what `lockstep init` has seen of this machine.
package struct Surroundings: Sendable {
    /// Of the file to be written, absolute.
    package let folder: String
    /// Holds secrets: only names of variables go into a proposal.
    package let environment: [String: String]
    /// Servers of models that answer on this machine.
    package let services: [ModelService]

    package init(folder: String, environment: [String: String], services: [ModelService] = []) {
        self.folder = folder
        self.environment = environment
        self.services = services
    }

    /// The first of these variables that is set.
    func variable(_ names: [String]) -> String? {
        names.first { !(environment[$0] ?? "").isEmpty }
    }
}
