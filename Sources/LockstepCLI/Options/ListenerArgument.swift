import Lockstep
import LockstepConfiguration

/// The id of a listener on the command line.
enum ListenerArgument {
    /// Ends with 64 when the id is none of these, and says which was meant.
    static func check(_ id: String, among known: some Sequence<String>) throws {
        let known = Set(known).sorted()
        guard !known.contains(id) else { return }
        let shown = known.prefix(20).map { "`\($0)`" }.joined(separator: ", ")
        let list = known.count > 20 ? "\(shown) and \(known.count - 20) more" : shown
        let help =
            suggestion(for: id, among: known).map { "did you mean `\($0)`? (there is \(list))" }
            ?? "there is \(list)"
        throw Failure(.usage, "there is no listener `\(id.cut(to: 100).onOneLine)`: \(help)")
    }
}

extension Configuration {
    /// The ids of its listeners, in the order of the file.
    var listenerIDs: [String] {
        listeners.map(\.id)
    }
}
