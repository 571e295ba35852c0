import Foundation

/// A page in parts: `page.html`, and the style sheets and programs beside it that it names.
struct Page {
    /// The contents of the files, by their names.
    let files: [String: String]

    static func load(folder: String) throws -> Page {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        let texts = try names.map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
        return Page(files: Dictionary(uniqueKeysWithValues: zip(names, texts)))
    }

    /// One document with one `<style>` and one `<script>`.
    var document: String {
        get throws(PageError) {
            guard let markup = files["page.html"] else { throw PageError("there is no page.html") }
            let styles = markup.matches(of: /<link rel="stylesheet" href="([^"]+)">\n/)
            let scripts = markup.matches(of: /<script src="([^"]+)"><\/script>\n/)
            let unused = Set(files.keys).subtracting(["page.html"] + (styles + scripts).map { String($0.1) })
            guard unused.isEmpty else {
                throw PageError("page.html does not name \(unused.sorted().joined(separator: ", "))")
            }
            var document = markup
            try document.replace(scripts.map(\.0)) { () throws(PageError) in
                "<script>\n'use strict';\n(() => {\n\(try joined(scripts.map(\.1)))})();\n</script>\n"
            }
            try document.replace(styles.map(\.0)) { () throws(PageError) in
                "<style>\n\(try joined(styles.map(\.1)))</style>\n"
            }
            return document
        }
    }

    private func joined(_ names: [Substring]) throws(PageError) -> String {
        var text = ""
        for name in names {
            guard let file = files[String(name)] else {
                throw PageError("page.html names \(name), which is not there")
            }
            text += (text.isEmpty ? "" : "\n") + file
        }
        return text
    }
}

struct PageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension String {
    /// Puts a text in the place of the first line, and takes the others away.
    fileprivate mutating func replace(
        _ lines: [Substring], with text: () throws(PageError) -> String
    ) throws(PageError) {
        guard let first = lines.first else { return }
        let text = try text()
        for line in lines.dropFirst() { self = replacing(line, with: "", maxReplacements: 1) }
        self = replacing(first, with: text, maxReplacements: 1)
    }
}
