import Lockstep

/// Prints likely mistakes in the listeners on stderr.
enum Warnings {
    /// - Parameters:
    ///   - listeners: those that are to be. Default: the database's.
    ///   - isNew: the database was made for this run, so that it may well be empty.
    static func tell(of db: Database, listeners: [Listener]? = nil, isNew: Bool = false) async {
        // The next query reports a server that does not answer.
        guard let found = try? await db.listenerCheck.warnings(about: listeners) else { return }
        let warnings = found.filter { !isNew || $0.code != ListenerWarning.emptyDatabase }
        for text in texts(warnings) { Terminal.warn(text) }
    }

    /// Each once.
    static func texts(_ warnings: [ListenerWarning]) -> [String] {
        var seen: Set<String> = []
        return warnings.map(\.description).filter { seen.insert($0).inserted }
    }
}
