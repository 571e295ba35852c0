import LockstepCore
import MongoBSON

extension WriteVerdict {
    /// Decided by the code, and for a validator by the fields that it complains of.
    package init(_ error: WriteError) {
        switch error.code {
        case MongoError.Code.pathNotViable: self = .again
        case _ where error.isAboutSize || Self.documentCodes.contains(error.code): self = .document
        case MongoError.Code.validation:
            let isOurs = error.fields.isEmpty || error.fields.contains { OutputPlace.isOfLockstep($0) }
            self = isOurs ? .rule : .document
        case _ where MongoError.isUnavailable(code: error.code): self = .again
        case _ where MongoError.isTransient(code: error.code): self = .wait
        default: self = .rule
        }
    }

    // BadValue, FailedToParse, TypeMismatch, Overflow (nested too deep), InvalidBSON, and names that MongoDB does not take.
    private static let documentCodes: Set<Int> = [2, 9, 14, 15, 22, 52, 54, 55, 56, 57]
}

extension WriteError {
    /// Why an output is not stored, or not removed, and what to do.
    package var refusal: String {
        switch (code, WriteVerdict(self)) {
        case (MongoError.Code.validation, .rule):
            "\(message). Allow `\(OutputPlace.outputs)` and `\(OutputPlace.provenance)` in the validator"
        case (MongoError.Code.validation, _):
            "\(message). Fix the document: as it is, every update of it is refused"
        case (MongoError.Code.duplicateKey, _):
            "\(message). Drop the index, or make it not unique"
        case (_, .rule):
            "\(message) (code \(code)). Does an index include `\(OutputPlace.outputs)`? Drop it"
        default: "\(message) (code \(code))"
        }
    }
}
