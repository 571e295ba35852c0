/// What a round has to record of its documents.
package struct RoundRecord {
    /// The documents that are parked now.
    package var parking: [(document: DocumentKey, failure: Failure)] = []
    /// Those that are parked no more.
    package var clearing: [DocumentKey] = []

    package init(_ documents: [RoundDocument]) {
        for document in documents {
            guard let done = document.done else { continue }
            if case .parked(let failure) = done {
                parking.append((document.job.key, failure))
            } else if document.isParked {
                clearing.append(document.job.key)
            }
        }
    }
}
