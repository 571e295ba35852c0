/// What an import has done so far.
struct ImportTally: Equatable {
    var inserted = 0
    var replaced = 0
    /// Left out since something was wrong with them.
    var skipped = 0

    var stored: Int { inserted + replaced }

    func text(into collection: String) -> String {
        var text = "\(Terminal.count(inserted, "document")) inserted into \(collection)"
        if replaced > 0 { text += ", \(replaced) replaced" }
        if skipped > 0 { text += ", \(skipped) skipped" }
        return text
    }

    /// As JSON.
    func line(replaces: Bool, skips: Bool) -> String {
        var fields = ["\"inserted\": \(inserted)"]
        if replaces { fields.append("\"replaced\": \(replaced)") }
        if skips { fields.append("\"skipped\": \(skipped)") }
        return "{\(fields.joined(separator: ", "))}"
    }

    /// What was done when it stopped at a document.
    func sum(verb: String) -> String {
        switch stored {
        case 0: "Nothing was \(verb)"
        case 1: "The document before it was \(verb)"
        default: "The \(stored) documents before it were \(verb)"
        }
    }
}
