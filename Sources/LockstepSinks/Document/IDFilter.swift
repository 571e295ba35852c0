import LockstepCore
import MongoBSON

extension BSONBuilder {
    /// Appends the condition that the `_id` is one of these: `{_id: {$in: […]}}`.
    mutating func appendIDs(_ keys: ArraySlice<DocumentKey>) {
        document("_id") { id in
            id.array("$in") { list in
                for (index, key) in keys.enumerated() { list.append(key.id, forKey: String(index)) }
            }
        }
    }
}
