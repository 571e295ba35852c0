/// Receives the progress of a long scan of a collection.
public protocol ProgressObserver: Sendable {
    /// - Parameters:
    ///   - collection: the collection's name.
    ///   - documents: how many were read so far.
    ///   - total: by MongoDB's estimate.
    func progressed(collection: String, documents: Int, total: Int)
    func finished(collection: String)
}
