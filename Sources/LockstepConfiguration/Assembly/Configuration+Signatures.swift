import LockstepCore
import LockstepProviders
import LockstepSinks

extension Configuration {
    /// What its listeners are, to compare with what a daemon runs. Versions that the file does not say are left out where
    /// they take a whole model's files, or where no file of the program is on this machine.
    package var signatures: [ListenerSignature] {
        let versions = models.compactMapValues { spec in
            spec.version ?? spec.provider.versionAtHand(storing: spec.vectors, in: folder)
        }
        return listeners.map {
            ListenerSignature(
                id: $0.id, collection: $0.collection, keys: $0.inputs.map(\.path), filter: $0.filter,
                output: $0.outputPath ?? FieldPath(""), version: versions[$0.model])
        }
    }
}

extension Configuration {
    /// What nothing says of that model and was assumed, each with what to write.
    package func notes(on model: String) -> [String] {
        models[model]?.provider.notes(in: folder) ?? []
    }
}
