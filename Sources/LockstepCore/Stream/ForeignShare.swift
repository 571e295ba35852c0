/// Decides whether the server leaves out the changes of collections that are not watched.
///
/// A filter costs the server a third of what an event costs it, for every event; without one, events of other
/// collections are read and thrown away here. So there is none until these are too many.
package struct ForeignShare {
    /// The server is to leave them out. Once it does, it stays so.
    package private(set) var isFiltered = false
    private var bytes = 0
    private var foreignBytes = 0

    /// - Parameter isFiltered: it is known that there are many.
    package init(isFiltered: Bool = false) {
        self.isFiltered = isFiltered
    }

    /// Foreign bytes before anything is decided, and about how much of the past counts.
    private static let sample = 1 << 20
    private static let memory = 64 << 20

    /// Counts a batch that was read.
    ///
    /// - Returns: true when the stream is to be opened anew, with the filter.
    package mutating func count(bytes: Int, foreign: Int) -> Bool {
        guard !isFiltered else { return false }
        self.bytes += bytes
        foreignBytes += foreign
        if self.bytes > Self.memory {
            self.bytes /= 2
            foreignBytes /= 2
        }
        isFiltered = foreignBytes > Self.sample && foreignBytes > self.bytes / 3
        return isFiltered
    }

    /// Counts an event that was too large: it may be a foreign one.
    ///
    /// - Returns: true when that is worth a try.
    package mutating func countTooLarge() -> Bool {
        defer { isFiltered = true }
        return !isFiltered
    }
}
