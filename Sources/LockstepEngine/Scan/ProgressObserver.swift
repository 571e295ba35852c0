/// Hears how far a long scan of a collection is.
public protocol ProgressObserver: Sendable {
    /// - Parameters:
    ///   - collection: the collection's name.
    ///   - documents: how many were looked at so far.
    ///   - total: by MongoDB's estimate.
    func progressed(collection: String, documents: Int, total: Int)
    func finished(collection: String)
}
