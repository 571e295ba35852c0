// BSON values, documents and errors are part of Lockstep's own vocabulary.
@_exported public import MongoDriver
