import Yams

/// What a file may be at most, so that no file makes the reading of it take forever or overflow the stack.
enum Limits {
    /// Bytes of the file. 1 MiB.
    static let bytes = 1 << 20
    /// Lists and mappings within each other.
    static let depth = 100
    /// Columns that a line may be indented by.
    static let indentation = 200
    /// Texts, lists and mappings, each alias counted for what it stands for.
    static let nodes = 100_000

    /// Looked for before the text is parsed: the parser goes down into what is nested by recursion.
    static func problem(in text: [UInt8]) -> (line: Int?, message: String)? {
        guard text.count <= bytes else {
            return (nil, "the file has \(text.count) bytes: at most \(bytes) are read")
        }
        var line = 1
        var open = 0
        var indent: Int? = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                indent = 0
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
                // Each of these may begin a level of its own.
                indent = indent.map { $0 + 1 }
                if let indent, indent > indentation {
                    return (line, "this line is indented by more than \(indentation) columns")
                }
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                open += 1
                indent = nil
                // A bracket in a text counts too: far fewer than that stand in any.
                if open > depth { return (line, "more than \(depth) brackets are open here: close them") }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                open = max(0, open - 1)
                indent = nil
            default:
                indent = nil
            }
        }
        return nil
    }

    /// Aliases of aliases make a short text endless.
    static func problem(in root: Node) -> (line: Int?, message: String)? {
        var left = nodes
        return fits(root, &left) ? nil : (root.mark?.line, "aliases stand for more than \(nodes) values here")
    }

    private static func fits(_ node: Node, _ left: inout Int) -> Bool {
        left -= 1
        guard left > 0 else { return false }
        switch node {
        case .scalar, .alias: return true
        case .sequence(let sequence): return sequence.allSatisfy { fits($0, &left) }
        case .mapping(let mapping): return mapping.allSatisfy { fits($0.key, &left) && fits($0.value, &left) }
        }
    }
}
