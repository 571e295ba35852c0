/// What a bounded look at a database says of a listener, before anything is computed.
package struct ListenerFacts: Sendable {
    /// Whether any document is as asked.
    package enum Presence: Sendable, Hashable {
        case some, none
        /// None of so many that were taken at random: to read all would take too long.
        case noneOf(Int)
        /// It could not be found out in time, or not at all.
        case unknown

        /// As far as anybody knows.
        package var isNone: Bool {
            switch self {
            case .none, .noneOf: true
            case .some, .unknown: false
            }
        }
    }

    /// A number of outputs; by extrapolation where all could not be counted in time.
    package struct Removals: Sendable, Hashable {
        package var count: Int
        package var isEstimate = false

        package init(count: Int, isEstimate: Bool = false) {
            self.count = count
            self.isEstimate = isEstimate
        }
    }

    package let listener: Listener
    package let database: String
    /// Those of the database but Lockstep's own; nil when the user may not see them.
    package var collections: [String]?
    /// By the collection's own count.
    package var documents = 0
    /// Documents with an input.
    package var input = Presence.unknown
    /// Documents with a value at each of the keys, in their order.
    package var keys: [Presence] = []
    /// Documents that the listener's filter matches; some where there is no filter.
    package var filter = Presence.some
    /// The paths of some documents, where a key is at none.
    package var paths: [String] = []
    /// Outputs that the next scan removes, when the listener is another one than it was.
    package var removals: Removals?

    package init(_ listener: Listener, database: String) {
        self.listener = listener
        self.database = database
    }
}
