import LockstepCore
import MongoBSON
import MongoDriver

extension ChangeStream {
    /// Whether the server has an event to deliver behind that place, however large.
    ///
    /// The stream is opened there with a stage that fails on any event: an answer of a few bytes, where the event itself
    /// may be what no message holds.
    package func hasEvent(behind start: StartPlan.Stream, isFiltered: Bool) throws(MongoError) -> Bool {
        let present = try connection.operationTime()
        let lent = connection.pool.borrow()
        do throws(MongoError) {
            var cursor = try open(start, .single, isFiltered: isFiltered, isTrap: true, with: lent.client)
            while let batch = try cursor.next(with: lent.client, limit: 1, patience: Self.patience) {
                // Up to now there was none.
                guard let token = batch.resumeToken, let present else { break }
                if Position(token: token).clusterTime >= present { break }
            }
            cursor.close(with: lent.client)
            return false
        } catch {
            if error.code == Self.conversionFailure { return true }
            throw error
        }
    }

    private static let conversionFailure = 241
}
