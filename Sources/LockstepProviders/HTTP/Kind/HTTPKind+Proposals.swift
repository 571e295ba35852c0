extension HTTPKind {
    /// Servers of models on this machine, and services that the environment holds a key for.
    package func proposals(in surroundings: Surroundings) -> [ModelProposal] {
        ServiceProposals.proposals(in: surroundings)
    }
}
