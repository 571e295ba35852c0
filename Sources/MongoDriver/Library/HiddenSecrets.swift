extension StringProtocol {
    func firstRange(of text: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return index..<self.index(index, offsetBy: text.count) }
            index = self.index(after: index)
        }
        return nil
    }

    /// The text with each of the secrets replaced by `***`.
    func hiding(_ secrets: Set<String>) -> String {
        // Longer ones first: one may hold another.
        secrets.sorted { $0.utf8.count > $1.utf8.count }.reduce(String(self)) { text, secret in
            var hidden = ""
            var rest = Substring(text)
            while let place = rest.firstRange(of: secret) {
                hidden += rest[..<place.lowerBound] + "***"
                rest = rest[place.upperBound...]
            }
            return hidden + rest
        }
    }
}
