import MongoBSON

/// The end of a page of a scan.
package struct ScanPlace: Equatable, Sendable {
    /// Documents in a page.
    package static let pageSize = 1000

    package let id: BSONValue
    /// Documents before it, itself included.
    package let documents: Int

    package init(id: BSONValue, documents: Int) {
        self.id = id
        self.documents = documents
    }
}
