/// What the refusal of a single change by its sink calls for.
package enum WriteVerdict: Equatable, Sendable {
    /// The document is looked at again: somebody put something in the way, or it was busy.
    case again
    /// The sink takes no writes for now, or fails with what is not known: the document is pending.
    case wait
    /// The document is to blame, or its output.
    case document
    /// A rule of the sink, as a validator or an index: it may refuse the outputs of every document.
    case rule
}
