import LockstepCore
import LockstepSinks

/// Reads documents as they are now, with what is known of their outputs, in as few queries as possible.
package struct Read {
    package let handler: Handler

    package init(_ handler: Handler) {
        self.handler = handler
    }

    package func run(_ documents: inout [RoundDocument]) throws {
        let traits = try handler.collations.traits(of: handler.listener.collection.name)
        let reader = handler.reader(ByteComparison(handler.listener, traits))
        let unread = documents.filter { $0.job.change.carried == nil }.map(\.job.key)
        let found = unread.isEmpty ? [:] : try reader.read(unread)
        let parked =
            handler.health.hasParked
            ? try handler.failures.parked(
                listener: handler.listener.id, documents: documents.map(\.job.key.id)) : [:]
        // An output that had no room in its document may have some now.
        let oversized = parked.filter { $0.value.outputBytes != nil }.map(\.key)
        let sizes = oversized.isEmpty ? [:] : try reader.sizes(oversized)
        let forced = documents.filter(\.job.change.force).map(\.job.key)
        let outputs = forced.isEmpty ? [:] : try handler.sink.outputs(of: forced)
        let orphans =
            handler.sink.place == nil
            ? try handler.sink.evidence(of: unread.filter { found[$0] == nil }) : [:]
        let rule = handler.listener.inputRule
        for place in documents.indices {
            let (key, carried) = (documents[place].job.key, documents[place].job.change.carried)
            documents[place].state = .read(
                Reading(
                    evidence: carried.map { Evidence(input: rule.input($0)) } ?? found[key],
                    orphan: orphans.isEmpty ? nil : orphans[key]?.provenance,
                    parked: parked.isEmpty ? nil : parked[key],
                    output: outputs.isEmpty ? nil : outputs[key],
                    size: sizes.isEmpty ? nil : sizes[key]))
        }
    }
}
