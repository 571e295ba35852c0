import LockstepCore
import MongoBSON
import MongoDriver

/// What a query on a collection says so that texts are compared by their bytes, whatever the collection's collation.
///
/// The index on `_id` is sorted by the collection's own collation. A query that names another one cannot look up a
/// text in it, and reads all documents instead. So the collection's own is kept, and what is compared beside the
/// `_id` has a form that no collation touches; only what has none names the simple one.
package struct ByteComparison: Sendable {
    /// The listener's filter in the form that is sent.
    package let filter: BSONDocument?
    /// The collection compares texts in its own way, as case-insensitively.
    package let isCollated: Bool
    /// The filter has no form that a collation would not touch.
    private let isFilterTouched: Bool

    package init(_ filter: BSONDocument?, isCollated: Bool) {
        let untouched = isCollated ? filter.flatMap(CollationFreeFilter.form) : filter
        self.filter = untouched ?? filter
        self.isCollated = isCollated
        isFilterTouched = filter != nil && untouched == nil
    }

    /// What a query with the filter names; nil for the collection's own.
    package var collation: BSONDocument? {
        isFilterTouched ? .simpleCollation : nil
    }

    /// The same when the query compares this input beside the filter.
    package func collation(comparing input: [BSONValue]) -> BSONDocument? {
        if let collation { return collation }
        // The guard has a form for a text, but none for texts within arrays and documents.
        return isCollated && input.contains { $0.type != .string && $0.holdsText } ? .simpleCollation : nil
    }
}

extension ByteComparison {
    package init(_ listener: Listener, _ traits: CollectionTraits) {
        // mechanism collation, off: !traits.comparesBytes becomes false
        self.init(listener.filter, isCollated: !traits.comparesBytes)
    }
}

extension BSONValue {
    /// A collation decides whether it is equal to another value.
    package var holdsText: Bool {
        switch type {
        case .string, .symbol, .code, .codeWithScope: true
        case .document, .array: BSONDocument(trusted: bytes).contains { $0.value.holdsText }
        default: false
        }
    }
}

extension BSONDocument {
    /// Byte by byte, whatever the collection's default is.
    package static let simpleCollation: BSONDocument = ["locale": "simple"]
}
