// The public modules of the library: values and errors of MongoDB, listeners and models, and a watcher's status. The
// driver, the state and the stores of outputs stay inside.
@_exported public import LockstepCore
@_exported public import LockstepEngine
@_exported public import LockstepState
@_exported public import MongoBSON
