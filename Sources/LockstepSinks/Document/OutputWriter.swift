import LockstepCore
import MongoBSON
import MongoDriver

/// Writes and removes outputs, each only while its input is the one it was computed from.
package struct OutputWriter {
    package let connection: Connection
    package let listener: Listener
    package let comparison: ByteComparison

    // Readers of change streams see an output once it is committed by a majority; asking for that commits it at
    // once, where a write of the primary alone would wait for the journal's next turn, up to 100 ms.
    private static let concern = WriteConcern.majority

    package struct Result {
        /// Operations that found their document with the expected input.
        package var matched = 0
        /// Operations that failed, by their index among the changes.
        package var errors: [WriteError] = []
        package var election: BSONValue?
    }

    /// A command of MongoDB takes 16 MB and 100,000 operations; smaller ones spread over several writers.
    private static let bytesPerCommand = 8 << 20

    /// Writes all changes in as few commands as their size allows.
    package func write(_ changes: [OutputChange]) throws(MongoError) -> Result {
        var result = Result()
        var start = 0
        while start < changes.count {
            var end = changes.count
            let command = build(changes, from: start, to: &end)
            do throws(MongoError) {
                try write(command, changes[start..<end], into: &result)
            } catch {
                guard error.isAboutSize else { throw error }
                // The server may refuse the whole command for one document that would grow too large.
                for place in start..<end { try writeAlone(changes, place, into: &result) }
            }
            start = end
        }
        return result
    }

    private func writeAlone(
        _ changes: [OutputChange], _ place: Int, into result: inout Result
    ) throws(MongoError) {
        var end = place + 1
        do throws(MongoError) {
            try write(build(changes, from: place, to: &end), changes[place..<end], into: &result)
        } catch {
            guard error.isAboutSize else { throw error }
            result.errors.append(WriteError(index: place, code: error.code, message: error.message))
        }
    }

    private func write(
        _ command: borrowing BSONBuilder, _ changes: ArraySlice<OutputChange>,
        into result: inout Result
    ) throws(MongoError) {
        var written = try connection.write(
            command, collection: listener.collection.name, concern: Self.concern, operation: "update")
        var obstructed: [DocumentKey: WriteError] = [:]
        if written.errors.contains(where: { $0.code == MongoError.Code.pathNotViable }) {
            // Somebody put a value where our nested fields belong; it gives way.
            obstructed = try clearPath(changes.map(\.key))
            written = try connection.write(
                command, collection: listener.collection.name, concern: Self.concern, operation: "update")
        }
        result.matched += written.matched
        result.errors += written.errors.map { error in
            let place = error.index + changes.startIndex
            // An obstruction that could not be cleared is the cause.
            let isObstructed = error.code == MongoError.Code.pathNotViable
            return (isObstructed ? obstructed[changes[place].key] ?? error : error).at(place)
        }
        result.election = written.election ?? result.election
    }

    /// One command for the changes from `start` on, at least one of them; `end` moves to the first that it leaves.
    package func build(
        _ changes: [OutputChange], from start: Int, to end: inout Int
    ) -> BSONBuilder {
        var command = BSONBuilder()
        let limit = end
        end = start
        command.append(listener.collection.name, forKey: "update")
        command.append(false, forKey: "ordered")
        command.array("updates") { updates in
            while end < limit, end == start || updates.count + changes[end].bytes < Self.bytesPerCommand {
                updates.document(String(end - start)) {
                    append(changes[end], to: &$0)
                }
                end += 1
            }
        }
        return command
    }

    private func append(_ change: OutputChange, to operation: inout BSONBuilder) {
        let action = change.action
        let collation = comparison.collation(comparing: action.input)
        operation.document("q") { filter in
            filter.document("_id") { $0.append(change.key.id, forKey: "$eq") }
            switch action {
            case .store(_, _, let input), .clear(let input, _):
                let isCollated = comparison.isCollated && collation == nil
                // mechanism guard
                Guard.appendUnchanged(listener.keys, input, isCollated: isCollated, to: &filter)
                // mechanism guard-where
                if let condition = comparison.filter, action.isJudged {
                    filter.array("$and") { $0.append(condition, forKey: "0") }
                }
            case .remove(.noValues), .remove(.gone):
                // mechanism guard-absent
                Guard.appendAbsent(listener.inputRule, to: &filter)
            case .remove(.unmatched):
                if let condition = comparison.filter { Guard.appendUnmatched(condition, to: &filter) }
            }
        }
        operation.document("u") { update in
            switch action {
            case .store(let prediction, let provenance, _):
                update.document("$set") { fields in
                    fields.append(prediction, forKey: listener.outputPath.text)
                    provenance.append(to: &fields, forKey: listener.provenancePath.text)
                }
            case .remove, .clear:
                update.document("$unset") { fields in
                    fields.append(1, forKey: listener.outputPath.text)
                    fields.append(1, forKey: listener.provenancePath.text)
                }
            }
        }
        // mechanism no-upsert, off: operation.append(true, forKey: "upsert")
        if let collation { operation.append(collation, forKey: "collation") }
    }

    /// Removes whatever stands above our fields and is no document.
    ///
    /// - Returns: of which documents MongoDB refuses that, and why.
    @discardableResult
    package func clearPath(_ keys: [DocumentKey]) throws(MongoError) -> [DocumentKey: WriteError] {
        // The `_id`s stand in the command once for each path.
        let above = listener.outputPath.ancestors + listener.provenancePath.ancestors
        let limit = BSONDocument.bytesOfIDsPerCommand / max(1, above.count)
        var refused: [DocumentKey: WriteError] = [:]
        for some in keys.slices(bytes: limit, { $0.id.bytes.count }) where try clearPath(above, some) != nil {
            // The first that is refused ends an update of many: each is tried alone to find which they are.
            for place in some.indices { refused[keys[place]] = try clearPath(above, keys[place...place]) }
        }
        return refused
    }

    private func clearPath(
        _ above: [String], _ keys: ArraySlice<DocumentKey>
    ) throws(MongoError) -> WriteError? {
        var command = BSONBuilder()
        command.append(listener.collection.name, forKey: "update")
        command.append(true, forKey: "ordered")
        command.array("updates") { updates in
            for (index, path) in above.enumerated() {
                updates.document(String(index)) { operation in
                    operation.document("q") { filter in
                        filter.appendIDs(keys)
                        // An array counts as no document here: our names are no indices.
                        filter.document("$expr") { filter in
                            filter.document("$not") { condition in
                                condition.array("$in") { pair in
                                    pair.document("0") { $0.append("$" + path, forKey: "$type") }
                                    pair.array("1") { kinds in
                                        kinds.append("object", forKey: "0")
                                        kinds.append("missing", forKey: "1")
                                    }
                                }
                            }
                        }
                    }
                    operation.document("u") { $0.document("$unset") { $0.append(1, forKey: path) } }
                    operation.append(true, forKey: "multi")
                }
            }
        }
        return try connection.write(
            command, collection: listener.collection.name, concern: Self.concern, operation: "update"
        ).errors.first
    }
}

extension OutputChange {
    /// About what its update takes.
    fileprivate var bytes: Int {
        let output = if case .store(let output, _, _) = action { output.bytes.count } else { 0 }
        return action.input.reduce(key.size + output) { $0 + $1.bytes.count }
    }
}

extension OutputChange.Action {
    /// The values that must still be there.
    fileprivate var input: [BSONValue] {
        switch self {
        case .store(_, _, let input), .clear(let input, _): input
        case .remove: []
        }
    }

    fileprivate var isJudged: Bool {
        if case .clear(_, let isJudged) = self { return isJudged }
        return true
    }
}
