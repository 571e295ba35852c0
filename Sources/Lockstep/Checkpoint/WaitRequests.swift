/// How another process asks to be told soon: it writes here, the stream brings it in order, the position is saved at once.
package enum WaitRequests {
    package static let collection = "lockstep.waits"
}
