import MongoBSON

/// Puts an event together that the server sent in parts, since it is larger than 16 MB.
package struct SplitEvent {
    private var parts: [BSONDocument] = []

    package init() {}

    /// Takes what the stream brings next. Gives the event once all of it is there, under the token of its last part.
    package mutating func take(_ event: BSONDocument) -> BSONDocument? {
        guard let split = event["splitEvent"]?.document, let number = split["fragment"]?.int,
            let count = split["of"]?.int
        else { return event }
        // Read again from its beginning.
        if number == 1 { parts = [] }
        parts.append(event)
        guard parts.count == count else { return nil }
        defer { parts = [] }
        var whole = BSONBuilder()
        if let token = event["_id"] { whole.append(token, forKey: "_id") }
        for (name, value) in parts.joined() where name != "_id" && name != "splitEvent" {
            whole.append(value, forKey: name)
        }
        return whole.finish()
    }
}
