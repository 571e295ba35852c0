import Foundation

/// `embed-page <folder of the parts> <file>.swift`
@main
enum EmbedPage {
    static func main() {
        do {
            guard CommandLine.arguments.count == 3 else {
                throw PageError("usage: embed-page <folder of the parts> <output>.swift")
            }
            let document = try Page.load(folder: CommandLine.arguments[1]).document
            try source(document).write(
                toFile: CommandLine.arguments[2], atomically: true, encoding: .utf8)
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func source(_ document: String) -> String {
        """
        /// The dashboard: one document with everything in it.
        enum DashboardPage {
            static let html = ###\"""
        \(document)
        \"""###
        }

        """
    }
}
