import MongoBSON

extension Listener {
    /// Changes whenever outputs stored so far may not be right any more.
    package var definition: String {
        var digest = SHA256()
        for text in [collection.name, outputPath.text, model.version] + keys.map(\.text) {
            digest.update(BSONValue(text).bytes)
        }
        if let filter { digest.update(filter.bytes) }
        return hex(digest.finish().prefix(8))
    }
}
