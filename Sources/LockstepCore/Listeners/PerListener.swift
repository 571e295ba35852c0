/// A listener of one session, for the tables of that session. Across sessions and processes its id identifies it.
package struct ListenerRef: Hashable, Comparable, Sendable {
    let row: Int

    package init(row: Int) {
        self.row = row
    }

    package static func < (left: ListenerRef, right: ListenerRef) -> Bool {
        left.row < right.row
    }
}

/// One value for each listener of a session, in the order of the listeners.
package struct PerListener<Value> {
    package private(set) var values: [Value]

    package init(_ values: [Value]) {
        self.values = values
    }

    package subscript(listener: ListenerRef) -> Value {
        get { values[listener.row] }
        _modify { yield &values[listener.row] }
    }

    package var count: Int {
        values.count
    }

    package var refs: [ListenerRef] {
        values.indices.map(ListenerRef.init(row:))
    }

    package func map<Other>(_ transform: (Value) throws -> Other) rethrows -> PerListener<Other> {
        PerListener<Other>(try values.map(transform))
    }

    /// The same with the listener that each value belongs to.
    package func mapWithRefs<Other>(
        _ transform: (ListenerRef, Value) throws -> Other
    ) rethrows -> PerListener<Other> {
        PerListener<Other>(
            try values.enumerated().map { try transform(ListenerRef(row: $0.offset), $0.element) })
    }

    /// The first listener whose value is as asked.
    package func first(where predicate: (Value) throws -> Bool) rethrows -> ListenerRef? {
        try values.firstIndex(where: predicate).map(ListenerRef.init(row:))
    }
}

extension PerListener: Sendable where Value: Sendable {}

extension PerListener: Sequence {
    package func makeIterator() -> IndexingIterator<[Value]> {
        values.makeIterator()
    }
}
