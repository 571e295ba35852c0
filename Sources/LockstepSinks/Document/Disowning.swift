import LockstepCore
import MongoBSON
import MongoDriver

/// Removes the provenance of outputs that others changed, so that a scan finds them stale: then nothing else has to
/// remember them.
///
/// It is an update by `_id` and can be repeated. An output of ours that was stored meanwhile loses its provenance too:
/// that costs a call of the model, and never a wrong output.
package struct Disowning {
    package let connection: Connection
    package let elections: Elections

    package init(connection: Connection, elections: Elections) {
        self.connection = connection
        self.elections = elections
    }

    /// Documents in a command.
    private static let perCommand = 1000

    /// - Returns: those whose provenance the server does not let go.
    package func disown(_ keys: [DocumentKey], of listener: Listener) throws(MongoError) -> Set<DocumentKey> {
        var left: Set<DocumentKey> = []
        for some in keys.perCommand {
            var start = some.startIndex
            while start < some.endIndex {
                let end = min(start + Self.perCommand, some.endIndex)
                try disown(some[start..<end], of: listener, left: &left)
                start = end
            }
        }
        return left
    }

    private func disown(
        _ keys: ArraySlice<DocumentKey>, of listener: Listener, left: inout Set<DocumentKey>
    ) throws(MongoError) {
        var command = BSONBuilder()
        command.append(listener.collection.name, forKey: "update")
        command.append(false, forKey: "ordered")
        command.array("updates") { updates in
            for (index, key) in keys.enumerated() {
                updates.document(String(index)) { operation in
                    operation.document("q") { filter in
                        filter.document("_id") { $0.append(key.id, forKey: "$eq") }
                    }
                    operation.document("u") { update in
                        update.document("$unset") { $0.append(1, forKey: listener.provenancePath.text) }
                    }
                }
            }
        }
        // With a majority, since positions are going to pass what told of the change.
        let result = try connection.write(
            command, collection: listener.collection.name, concern: .majority, operation: "update")
        elections.note(result.election)
        for error in result.errors { left.insert(keys[keys.startIndex + error.index]) }
    }
}
