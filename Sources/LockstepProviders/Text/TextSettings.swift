/// What every text model has, whoever provides it.
package struct TextSettings: Hashable, Sendable {
    /// What becomes of a text that is longer than the model takes.
    package enum Overlong: String, Hashable, Sendable, CaseIterable {
        /// The document is parked.
        case refuse
        /// It is cut, and its output marked.
        case truncate
    }

    /// Put before each text that is stored.
    package var prefix: String
    /// Put before each text that is searched for.
    package var queryPrefix: String
    package var overlong: Overlong

    package init(prefix: String = "", queryPrefix: String = "", overlong: Overlong = .truncate) {
        self.prefix = prefix
        self.queryPrefix = queryPrefix
        self.overlong = overlong
    }
}
